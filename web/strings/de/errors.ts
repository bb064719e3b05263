import type { FailureCode } from '../../../domain/log/failures.js';
import type { ErrorWords } from '../en/errors.js';

const tryAgain = 'Versuche es gleich noch einmal.';
const askOperator = 'Passiert es wieder, sage denen Bescheid, die diesen Dienst betreiben.';

/** What happened, and what the reader can do. */
const failures: Record<FailureCode, readonly [message: string, advice: string]> = {
  provider_unauthorized: [
    'Der Anbieter hat den API-Schlüssel abgelehnt. Prüfe ihn.',
    'Versuche es dann noch einmal: Deine Nachricht bleibt erhalten.',
  ],
  provider_refused: ['Der Anbieter hat die Anfrage abgelehnt.', 'Wähle ein anderes Modell oder ändere die Nachricht.'],
  provider_quota: [
    'Das Kontingent oder Guthaben beim Anbieter ist aufgebraucht. Prüfe Tarif und Abrechnung.',
    'Oder wähle ein Modell eines anderen Anbieters.',
  ],
  provider_not_an_api: [
    'Die Antwort stammt nicht von der API eines Modellanbieters. Prüfe die Basisadresse: OPENAI_BASE_URL oder die des eigenen Anbieters dieses Chats.',
    'Oft fehlt ihr „/v1“ am Ende.',
  ],
  images_unsupported: [
    'Das Modell nimmt keine Bilder an. Wähle eines, das Bilder annimmt, oder sende die Nachricht ohne sie.',
    '',
  ],
  image_refused: [
    'Der Anbieter konnte ein Bild nicht verwenden. Hänge ein kleineres oder eines in einem anderen Format an.',
    '',
  ],
  context_too_long: [
    'Die Anfrage ist länger als das Kontextfenster des Modells. Kürze sie oder wähle ein Modell mit größerem Kontextfenster.',
    'Du kannst auch bei einer früheren Nachricht abzweigen.',
  ],
  model_not_found: ['Der Anbieter kennt das Modell nicht. Prüfe seinen Namen.', 'Oder wähle ein anderes Modell.'],
  provider_host_not_allowed: [
    'Der eigene Anbieter dieses Chats hat keine öffentliche Adresse, und der Betrieb hat sie nicht erlaubt.',
    'Bitte den Betrieb dieses Dienstes, sie zu erlauben.',
  ],
  provider_failed: [
    'Der eigene Anbieter dieses Chats ist gescheitert. Prüfe Adresse, Schlüssel und Modell. Die Ursache steht im Protokoll des Servers.',
    '',
  ],
  provider_gone: [
    'Der eigene Anbieter dieses Chats wurde gelöscht. Wähle in den Einstellungen des Chats einen anderen.',
    '',
  ],
  provider_key_unreadable: [
    'Der Schlüssel des Anbieters ist nicht lesbar.',
    'Gib den Schlüssel des Anbieters noch einmal ein.',
  ],
  provider_rate_limited: [
    'Der Anbieter bekommt zu viele Anfragen.',
    'Warte eine Minute und versuche es dann noch einmal.',
  ],
  provider_error: ['Beim Anbieter ist ein Fehler aufgetreten.', tryAgain],
  provider_unreachable: [
    'Der Anbieter war nicht erreichbar.',
    'Prüfe, ob der Anbieter läuft und seine Adresse stimmt, und versuche es dann noch einmal.',
  ],
  provider_silent: ['Vom Anbieter kam nichts mehr.', tryAgain],
  stream_broken: ['Die Antwort ist abgebrochen.', tryAgain],
  response_gone: ['Der Anbieter hat die Antwort nicht mehr.', tryAgain],
  empty_reply: ['Der Anbieter hat eine leere Antwort gesendet.', 'Versuche es noch einmal oder ändere die Nachricht.'],
  thought_only: [
    'Das Modell hat nachgedacht und nicht geantwortet. Versuche es noch einmal oder erlaube ihm mehr Tokens.',
    '',
  ],
  bad_answer: [
    'Die Antwort des Modells war nicht zu gebrauchen.',
    'Versuche es noch einmal oder wähle ein anderes Modell.',
  ],
  length: [
    'Die Antwort hat die Höchstlänge erreicht.',
    'Bitte das Modell, weiterzuschreiben, oder erlaube längere Antworten.',
  ],
  content_filter: [
    'Der Inhaltsfilter des Anbieters hat die Anfrage abgelehnt oder die Antwort gekürzt. Versuche es mit anderen Worten.',
    '',
  ],
  reply_timeout: [
    'Die Antwort hat länger gedauert, als sie darf.',
    'Verlange weniger auf einmal oder versuche es noch einmal.',
  ],
  max_iterations: [
    'Der Agent wollte öfter Werkzeuge benutzen, als er darf.',
    'Verlange weniger auf einmal oder sage dem Agenten, dass er weitermachen soll.',
  ],
  reply_too_large: ['Die Antwort ist zu groß, um sie zu speichern.', 'Bitte um eine kürzere Antwort.'],
  upstream_unreachable: ['Der andere Chat-Dienst war nicht erreichbar.', tryAgain],
  upstream_silent: ['Vom anderen Chat-Dienst kam nichts mehr.', tryAgain],
  upstream_error: ['Beim anderen Chat-Dienst ist ein Fehler aufgetreten.', tryAgain],
  upstream_refused: [
    'Der andere Chat-Dienst hat die Nachricht abgelehnt.',
    'Ändere die Nachricht oder frage die, die jenen Dienst betreiben.',
  ],
  upstream_timeout: ['Der andere Chat-Dienst hat zu lange gebraucht.', tryAgain],
  jwt_mint_failed: ['Das Token für den anderen Chat-Dienst konnte nicht erstellt werden.', askOperator],
  superseded: ['Ein neuerer Versuch hat übernommen.', ''],
  workflow_terminated: ['Der Turn wurde vom Betrieb beendet.', 'Du kannst es noch einmal versuchen.'],
  workflow_failing: [
    'Der Turn kam nicht weiter, und der Chat ging ohne ihn weiter.',
    `Versuche es noch einmal. ${askOperator}`,
  ],
  workflow_lost: [
    'Der Turn ging verloren und wurde geschlossen.',
    'Versuche es noch einmal: Deine Nachricht bleibt erhalten.',
  ],
  turn_gone: ['Den Turn gibt es nicht mehr.', 'Sende die Nachricht noch einmal.'],
  internal: ['Bei uns ist etwas schiefgegangen.', `Versuche es noch einmal. ${askOperator}`],
};

const advice = Object.fromEntries(Object.entries(failures).map(([code, [, text]]) => [code, text])) as Record<
  FailureCode,
  string
>;

/** Words for what goes wrong, in German. */
export const errors: ErrorWords = {
  failure: (code) => failures[code][0],
  advice,
  problems: {
    approval_not_pending: 'Dieser Aufruf wartet nicht mehr auf eine Erlaubnis.',
    attachment_not_found: 'Eine Datei dieser Nachricht wurde gelöscht. Hänge sie noch einmal an.',
    attachments_too_large: 'Die Dateien einer Nachricht dürfen zusammen 20 MB haben.',
    attachments_unsupported: 'Der andere Chat-Dienst nimmt keine Bilder an.',
    auth_unavailable: 'Der Dienst kann deinen Zugang gerade nicht prüfen.',
    beat_not_found: 'Diese Antwort wurde ersetzt. Lade die Seite neu.',
    body_too_large: 'Dieser Text ist zu lang.',
    change_not_found: 'Diesen Vorschlag gibt es nicht.',
    change_not_pending: 'Dieser Vorschlag wurde schon angenommen oder abgelehnt.',
    change_stale: 'Der Text hat sich geändert, deshalb lässt sich dieser Vorschlag nicht mehr annehmen.',
    character_in_use: 'Das ist die Hauptfigur eines Chats. Lösche zuerst diesen Chat.',
    character_not_found: 'Diese Figur gibt es nicht.',
    chat_full: 'Dieser Chat ist voll. Zweige bei einer früheren Nachricht ab oder beginne einen neuen Chat.',
    chat_not_found: 'Diesen Chat gibt es nicht.',
    database_unavailable: 'Der Dienst erreicht seine Datenbank gerade nicht.',
    document_not_found: 'Dieses Dokument gibt es nicht.',
    empty_text: 'Der Text ist leer.',
    engine_unreachable: 'Der Dienst kann gerade keine Antworten beginnen oder ändern.',
    insufficient_scope: 'Dein Schlüssel erlaubt das nicht.',
    internal: 'Bei uns ist etwas schiefgegangen.',
    kind_not_available: 'Diese Art von Chat gibt es hier nicht.',
    memory_not_found: 'Diese Erinnerung wurde entfernt.',
    model_failed: 'Das Modell konnte die Nachricht nicht schreiben. Versuche es noch einmal.',
    model_slow: 'Das Modell hat zu lange gebraucht. Versuche es noch einmal.',
    no_open_scene: 'Es läuft keine Szene.',
    not_agent: 'Diese Einstellungen haben nur Assistenten und Agenten.',
    not_continuable: 'Diese Antwort lässt sich nicht fortsetzen.',
    not_found: 'Das wurde nicht gefunden.',
    not_last_turn: 'Nur die letzte Antwort lässt sich neu erzeugen.',
    not_narrative: 'Das gibt es nur in Chats mit Figuren.',
    not_ready: 'Der Dienst startet gerade.',
    provider_not_found: 'Diesen Anbieter gibt es nicht.',
    queue_full: 'Es warten schon zu viele Nachrichten. Ziehe einige zurück oder warte auf eine Antwort.',
    rate_limited: 'Zu viele Anfragen. Warte einen Moment und versuche es dann noch einmal.',
    reply_has_changes:
      'Diese Antwort schlägt Änderungen vor. Nimm sie an oder lehne sie ab, statt die Antwort zu bearbeiten.',
    rewind_not_last: 'Das lässt sich nicht mehr rückgängig machen, denn danach kam noch etwas.',
    scene_already_open: 'Es läuft schon eine Szene. Beende sie zuerst.',
    step_not_stuck: 'Diese Aufgabe wartet nicht mehr auf eine Entscheidung.',
    token_expired: 'Dein Zugang ist abgelaufen. Melde dich neu an.',
    too_many_viewers: 'Dieser Chat ist an zu vielen Stellen geöffnet. Schließe einige davon.',
    tool_not_permitted: 'Du darfst Aufrufe dieses Werkzeugs nicht erlauben.',
    turn_in_progress: 'Gerade wird eine Antwort geschrieben. Halte sie an oder warte, bis sie fertig ist.',
    turn_not_found: 'Diese Nachricht gibt es nicht.',
    unauthorized: 'Ein API-Schlüssel ist nötig.',
    version_mismatch: 'Das Dokument wurde inzwischen geändert.',
    version_not_found: 'Diese Fassung der Antwort gibt es nicht.',
    version_not_landed: 'Diese Fassung hat keinen Text.',
  },
  tryAgain,
  unreachable: 'Der Dienst ist nicht erreichbar.',
};
