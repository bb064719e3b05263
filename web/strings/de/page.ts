import type { Strings } from '../en.js';
import { formats } from './formats.js';

const { number } = formats;

export const common: Strings['common'] = {
  accept: 'Annehmen',
  add: 'Hinzufügen',
  announcements: 'Ansagen',
  assistant: 'Assistent',
  cancel: 'Abbrechen',
  change: 'Ändern',
  chat: 'Chat',
  close: 'Schließen',
  continue: 'Weiter',
  decline: 'Ablehnen',
  default: 'Standard',
  delete: 'Löschen',
  details: 'Details',
  dismiss: 'Ausblenden',
  document: 'Dokument',
  done: 'Erledigt',
  edit: 'Bearbeiten',
  export: 'Exportieren',
  loading: 'Wird geladen…',
  none: 'Keine',
  notDone: 'Nicht erledigt',
  optional: '(optional)',
  remove: 'Entfernen',
  save: 'Speichern',
  settings: 'Einstellungen',
  someone: 'Jemand',
  table: 'Tabelle',
  text: 'Text',
  title: 'Titel',
  tryAgain: 'Erneut versuchen',
  undo: 'Rückgängig',
  untitled: 'Ohne Titel',
  you: 'Du',
  about: (action, name) => `${action}: ${name}`,
  answered: (status) => `Der Dienst hat mit ${status} geantwortet.`,
  notLoaded: 'Dieser Teil der Seite konnte nicht geladen werden. Lade die Seite neu und versuche es noch einmal.',
};

export const sidebar: Strings['sidebar'] = {
  label: 'Seitenleiste',
  newChat: 'Neuer Chat',
  search: 'Chats durchsuchen',
  searching: 'Suche läuft…',
  chats: 'Chats',
  noChats: 'Noch keine Chats.',
  noneFound: 'Keine Chats gefunden.',
  messages: 'Nachrichten',
  messagesFound: 'Gefundene Nachrichten',
  noMessages: 'Keine Nachrichten gefunden.',
  characters: 'Figuren',
  profile: (name) => `Dein Profil: ${name}`,
  api: 'API',
  metrics: 'Metriken',
  import: 'Chat importieren',
  importFile: 'Datei eines exportierten Chats',
  fork: 'Abzweigung',
  kinds: {
    assistant: 'Assistent',
    narrative: 'Rollenspiel',
    document: 'Dokument',
    agent: 'Agent',
    relay: 'Weiterleitung',
  },
  welcome: 'Willkommen bei durable-turns',
  promise:
    'Jede Nachricht wird gespeichert, bevor sie beantwortet wird. Fällt ein Server mitten in einer Antwort aus, geht die Antwort weiter, sobald er wieder läuft.',
  start: 'Chat beginnen',
};

export const settings: Strings['settings'] = {
  colours: 'Farben',
  themes: { system: 'Wie im System', light: 'Hell', dark: 'Dunkel' },
  language: 'Sprache',
  systemLanguage: 'Wie im Browser',
  notify: 'Benachrichtige mich, wenn eine lange Antwort fertig ist, während ich woanders bin',
  notAllowed: 'Der Browser erlaubt keine Benachrichtigungen.',
  developer: 'Zeige, was Entwicklung und Betrieb brauchen: Workflows, Schritte, Codes, Metriken',
  replied: (name) => `${name} hat geantwortet`,
};

export const shortcuts: Strings['shortcuts'] = {
  title: 'Tastenkürzel',
  list: [
    ['Eingabe', 'Nachricht senden'],
    ['Umschalt + Eingabe', 'Neue Zeile beginnen'],
    ['↑', 'Deine letzte Nachricht bearbeiten, wenn das Nachrichtenfeld leer ist'],
    ['Strg oder ⌘ + Eingabe', 'Bearbeitete Nachricht senden'],
    ['Esc', 'Antwort anhalten; Dialog oder Bearbeitung schließen'],
    ['Umschalt + Esc', 'Zum Nachrichtenfeld springen'],
    ['Strg oder ⌘ + Umschalt + O', 'Neuer Chat'],
    ['?', 'Diese Liste zeigen'],
  ],
};

export const key: Strings['key'] = {
  title: 'Gib deinen API-Schlüssel ein',
  label: 'API-Schlüssel',
  malformed: 'Das ist kein gültiger API-Schlüssel. Schlüssel enthalten weder Leerzeichen noch Umlaute.',
  refused: 'Dieser API-Schlüssel wurde nicht angenommen. Prüfe ihn und versuche es noch einmal.',
  kept: 'Der Schlüssel bleibt in diesem Tab gespeichert, bis du ihn schließt.',
};

export const uploads: Strings['uploads'] = {
  attach: 'Bilder oder Textdateien anhängen',
  label: 'Dateien dieser Nachricht',
  attachments: 'Anhänge',
  file: 'Datei',
  image: 'Bild',
  open: (name) => `${name} in einem neuen Tab öffnen`,
  openFile: 'In einem neuen Tab öffnen',
  notShown: (name) => `${name} kann nicht angezeigt werden`,
  remove: (name) => `${name} entfernen`,
  uploading: (percent) => `Wird hochgeladen… ${number(percent)} %`,
  failures: {
    empty: 'Die Datei ist leer.',
    failed: 'Das Hochladen ist fehlgeschlagen. Versuche es gleich noch einmal.',
    full: 'Für weitere Dateien ist kein Platz mehr. Lösche Chats, die du nicht mehr brauchst.',
    key: 'Ein API-Schlüssel ist nötig.',
    notText: 'Der Inhalt der Datei passt nicht zu ihrem Namen oder ist kein Text in UTF-8.',
    slow: 'Das Hochladen hat zu lange gedauert.',
    tooLarge: 'Die Datei ist größer als 10 MB.',
    tooMany: 'Eine Nachricht kann höchstens 10 Dateien haben.',
    tooManyAtOnce: 'Zu viele Uploads auf einmal. Versuche es gleich noch einmal.',
    unreachable: 'Der Dienst ist nicht erreichbar.',
    unsupported: 'Nur Bilder (PNG, JPEG, WebP, GIF) und Textdateien lassen sich anhängen.',
  },
};
