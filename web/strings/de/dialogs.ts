import type { Strings } from '../en.js';
import { formats } from './formats.js';

const { count, number } = formats;

export const forms: Strings['forms'] = {
  blank: 'Gib mindestens ein Zeichen ein, das kein Leerzeichen ist',
  unsaved: 'Du hast ungespeicherte Änderungen.',
  keepEditing: 'Weiter bearbeiten',
  discardChanges: 'Änderungen verwerfen',
  nextMessage: 'Änderungen gelten ab der nächsten Nachricht.',
  name: 'Name',
  persona: 'Beschreibung',
  personaHint: 'Wer das ist, wie sie spricht und was sie will.',
  greeting: 'Begrüßung',
  greetingHint: 'Die erste Nachricht dieser Figur in einem neuen Chat.',
  newCharacter: 'Neue Figur',
  editCharacter: (name) => `${name} bearbeiten`,
  profile: 'Dein Profil',
};

export const newChat: Strings['newChat'] = {
  title: 'Neuer Chat',
  create: 'Chat anlegen',
  kind: 'Art des Chats',
  descriptions: {
    assistant: 'Frage ein Modell und gib ihm Anweisungen.',
    narrative: 'Chatte mit einer oder zwei Figuren, die Gefühle und Erinnerungen haben.',
    document: 'Besprich einen Text und nimm Änderungsvorschläge an oder lehne sie ab.',
    agent: 'Ein Modell, das Werkzeuge benutzt und seine Schritte zeigt.',
    relay: 'Ein anderer Chat-Dienst antwortet.',
  },
  unavailable: 'Hier nicht eingerichtet: Es ist kein anderer Chat-Dienst verbunden.',
  character: 'Figur',
  guest: 'Zweite Figur',
  newCharacter: 'Neue Figur…',
  scene: 'Szene',
  sceneExample: 'Die Küche, spät in der Nacht',
  sceneHint: 'Wo die Geschichte beginnt. Du kannst eine Szene auch später beginnen.',
  newDocument: 'Neues Dokument…',
  documentTitle: 'Titel des Dokuments',
  passage: 'Stelle',
  passageHint: 'Soll es nur um einen Teil des Dokuments gehen, füge ihn genau so ein, wie er im Text steht.',
  noPassage: 'Diese Stelle gibt es im Dokument nicht. Füge sie genau so ein, wie sie im Text steht.',
  relayPersona: 'Die Figur für den anderen Dienst: ein Name, den er kennt, oder eine Beschreibung.',
  session: 'Sitzungs-ID',
  sessionHint: 'Um eine Sitzung des anderen Dienstes fortzusetzen. Leer lassen, um eine neue zu beginnen.',
};

export const agentForm: Strings['agentForm'] = {
  instructionsExample: 'Du hilfst bei…',
  instructionsHint: 'Was der Assistent tun soll und wie.',
  sampling: 'Sampling',
  showThinking: 'Nachdenken des Modells zeigen',
  tools: (n) => `Werkzeuge: ${n === 0 ? 'keine' : number(n)}`,
  noTools: 'Es konnten keine Werkzeuge geladen werden.',
  samplers: {
    temperature: 'Temperatur',
    topP: 'Top P',
    maxTokens: 'Längste Antwort, in Tokens',
    presencePenalty: 'Presence Penalty',
    frequencyPenalty: 'Frequency Penalty',
    stop: 'Texte, die eine Antwort beenden',
  },
  textsHint: (most) => `(bis zu ${number(most)}, einer pro Zeile)`,
};

export const library: Strings['library'] = {
  title: 'Figuren',
  importCards: 'Karten importieren',
  drop: 'Du kannst Figurenkarten auch hier ablegen: PNG- oder JSON-Dateien.',
  empty: 'Noch keine Figuren.',
  picture: 'Bild',
  onlyFirst: (n) => `Nur die ersten ${number(n)} Dateien werden importiert.`,
  imported: (name) => `${name} wurde importiert.`,
  notImported: (file, why) => `${file} konnte nicht importiert werden. ${why}`,
  unusedKeywords: (n) =>
    `${n === 1 ? 'Ein Stichwort' : count(n, { other: 'Stichwörter' })} im Lorebook ${n === 1 ? 'ist' : 'sind'} als Muster unbrauchbar und ${n === 1 ? 'ruft' : 'rufen'} nichts auf.`,
  deleteTitle: (name) => `${name} löschen?`,
  deleteMessage:
    'Die Figur wird aus den Chats entfernt, in denen sie die zweite Figur ist. Ist sie die Hauptfigur eines Chats, lösche zuerst diesen Chat.',
};
