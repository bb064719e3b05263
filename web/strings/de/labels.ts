import type { Strings } from '../en.js';
import { formats } from './formats.js';

const { count } = formats;

export const labels: Strings['labels'] = {
  steps: {
    parse: 'Nachricht auswerten',
    addressee: 'Wählen, wer antwortet',
    reply: 'Antwort',
    memory: 'Erinnerung speichern',
    state_update: 'Beziehung aktualisieren',
    significance: 'Erinnerung gewichten',
    interjection: 'Prüfen, ob die andere Figur sich einmischt',
    event_lifecycle: 'Ereignisse der Geschichte aktualisieren',
    scene_close: 'Prüfen, ob die Szene zu Ende ist',
    scene_summary: 'Szene zusammenfassen',
    title: 'Chat benennen',
    tool: 'Werkzeugaufruf',
  },
  stepStatus: {
    pending: 'wartet',
    running: 'läuft',
    retrying: 'wird wiederholt',
    done: 'erledigt',
    stuck: 'fehlgeschlagen',
    skipped: 'übersprungen',
  },
  turnStatus: {
    queued: 'In der Warteschlange',
    running: 'Läuft',
    awaiting_operator: 'Braucht eine Entscheidung',
    completed: 'Abgeschlossen',
    cancelled: 'Angehalten',
    failed: 'Fehlgeschlagen',
  },
  turnPhase: {
    waiting: 'wartet',
    replying: 'schreibt die Antwort',
    following_up: 'erledigt Hintergrundaufgaben',
    finishing: 'schließt ab',
    done: 'erledigt',
  },
  counts: {
    user_turn: { one: 'Nachricht von dir', other: 'Nachrichten von dir' },
    assistant_turn: { one: 'Antwort', other: 'Antworten' },
    memory_written: { one: 'Erinnerung', other: 'Erinnerungen' },
    edge_update: { one: 'Änderung einer Beziehung', other: 'Änderungen von Beziehungen' },
    scene_opened: { one: 'begonnene Szene', other: 'begonnene Szenen' },
    scene_closed: { one: 'beendete Szene', other: 'beendete Szenen' },
    story_event_planned: { one: 'geplantes Ereignis', other: 'geplante Ereignisse' },
    story_event_completed: { one: 'abgeschlossenes Ereignis', other: 'abgeschlossene Ereignisse' },
    changes_proposed: { one: 'Satz von Änderungsvorschlägen', other: 'Sätze von Änderungsvorschlägen' },
    tool_call_start: { one: 'Werkzeugaufruf', other: 'Werkzeugaufrufe' },
    object_acquired: { one: 'neuer Gegenstand', other: 'neue Gegenstände' },
  },
  otherEntries: (n) => count(n, { one: 'weiterer Eintrag im Protokoll', other: 'weitere Einträge im Protokoll' }),
  restarts: {
    worker_lost: 'Ein Server ist ausgefallen, während er diese Antwort schrieb.',
    handed_over: 'Ein Server wurde neu gestartet, während er diese Antwort schrieb.',
    provider_failed: 'Der Modellanbieter ist ausgefallen, bevor die Antwort fertig war.',
    provider_changed: 'Der Modellanbieter ist ausgefallen, und ein anderer hat übernommen.',
    new_attempt: 'Die Antwort wurde unterbrochen.',
    thinking_separated: 'Der bisherige Text war das Nachdenken des Modells.',
    kept_text: 'Ein Teil der Antwort ging verloren.',
    dropped: 'Die Antwort ging verloren.',
  },
  writingAgain: (reason) => `${reason} Sie wird neu geschrieben…`,
  warnings: {
    addressee_guessed: 'Welche Figur antwortet, wurde nach den Namen in deiner Nachricht gewählt.',
    interjection_failed: 'Die andere Figur konnte nicht gefragt werden, ob sie sich einmischt.',
  },
  skipped: (step) => `Übersprungen: ${step}.`,
};
