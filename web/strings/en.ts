import { chat, composer, message, rewind, turn } from './en/chat.js';
import { agentForm, forms, library, newChat } from './en/dialogs.js';
import { formats } from './en/formats.js';
import { labels } from './en/labels.js';
import { common, key, settings, shortcuts, sidebar, uploads } from './en/page.js';
import { agents, documents, narrative, relay } from './en/panel.js';

/** Every word of the page, in English. Its type is what each other language must have. */
export const en = {
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

export type Strings = typeof en;
