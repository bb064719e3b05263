import { chat, composer, message, rewind, turn } from './de/chat.js';
import { agentForm, forms, library, newChat } from './de/dialogs.js';
import { formats } from './de/formats.js';
import { labels } from './de/labels.js';
import { common, key, settings, shortcuts, sidebar, uploads } from './de/page.js';
import { agents, documents, narrative, relay } from './de/panel.js';
import type { Strings } from './en.js';

export { errors } from './de/errors.js';

/** Every word of the page, in German. It addresses the reader with "du". */
export const strings: Strings = {
  formats,
  common,
  sidebar,
  settings,
  shortcuts,
  key,
  uploads,
  chat,
  composer,
  message,
  rewind,
  turn,
  labels,
  narrative,
  documents,
  agents,
  relay,
  forms,
  newChat,
  agentForm,
  library,
};
