import { formats } from './formats.js';

const { number } = formats;

/** Words of the whole page: buttons, titles, the list of chats, settings. */
export const common = {
  accept: 'Accept',
  add: 'Add',
  announcements: 'Announcements',
  assistant: 'Assistant',
  cancel: 'Cancel',
  change: 'Change',
  chat: 'Chat',
  close: 'Close',
  continue: 'Continue',
  decline: 'Decline',
  default: 'Default',
  delete: 'Delete',
  details: 'Details',
  dismiss: 'Dismiss',
  document: 'Document',
  done: 'Done',
  edit: 'Edit',
  export: 'Export',
  loading: 'Loading…',
  none: 'None',
  notDone: 'Not done',
  optional: '(optional)',
  remove: 'Remove',
  save: 'Save',
  settings: 'Settings',
  someone: 'Someone',
  table: 'Table',
  text: 'Text',
  title: 'Title',
  tryAgain: 'Try again',
  undo: 'Undo',
  untitled: 'Untitled',
  you: 'You',
  /** A button of several with one name: "Edit: Mira". */
  about: (action: string, name: string) => `${action}: ${name}`,
  answered: (status: number) => `The service answered ${status}.`,
  notLoaded: 'This part of the page could not be loaded. Reload the page, then try again.',
};

export const sidebar = {
  label: 'Sidebar',
  newChat: 'New chat',
  search: 'Search chats',
  searching: 'Searching…',
  chats: 'Chats',
  noChats: 'No chats yet.',
  noneFound: 'No chats found.',
  messages: 'Messages',
  messagesFound: 'Messages found',
  noMessages: 'No messages found.',
  characters: 'Characters',
  profile: (name: string) => `Your profile: ${name}`,
  api: 'API',
  metrics: 'Metrics',
  import: 'Import a chat',
  importFile: 'File of an exported chat',
  fork: 'Fork',
  kinds: { assistant: 'Assistant', narrative: 'Role-play', document: 'Document', agent: 'Agent', relay: 'Relay' },
  welcome: 'Welcome to durable-turns',
  promise:
    'Every message is saved before it is answered. If a server fails in the middle of a reply, the reply continues when the server is back.',
  start: 'Start a chat',
};

export const settings = {
  colours: 'Colours',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  language: 'Language',
  systemLanguage: 'As the browser',
  notify: 'Notify me when a long reply ends while I am elsewhere',
  notAllowed: 'The browser does not allow notifications.',
  developer: 'Show what developers and operators need: workflows, steps, codes, metrics',
  replied: (name: string) => `${name} has replied`,
};

export const shortcuts = {
  title: 'Keyboard shortcuts',
  list: [
    ['Enter', 'Send the message'],
    ['Shift + Enter', 'Start a new line'],
    ['↑', 'Edit your last message, when the message box is empty'],
    ['Ctrl or ⌘ + Enter', 'Send an edited message'],
    ['Esc', 'Stop the reply; close a dialog or an edit'],
    ['Shift + Esc', 'Go to the message box'],
    ['Ctrl or ⌘ + Shift + O', 'New chat'],
    ['?', 'Show this list'],
  ] as readonly (readonly [keys: string, what: string])[],
};

export const key = {
  title: 'Enter your API key',
  label: 'API key',
  malformed: 'This is not a valid API key. Keys have no spaces and no accented letters.',
  refused: 'This API key was not accepted. Check it and try again.',
  kept: 'The key is kept in this tab until you close it.',
};

/** Files that are added to a message. */
export const uploads = {
  attach: 'Attach images or text files',
  label: 'Files of this message',
  attachments: 'Attachments',
  file: 'File',
  image: 'Image',
  open: (name: string) => `Open ${name} in a new tab`,
  openFile: 'Open in a new tab',
  notShown: (name: string) => `${name} can not be shown`,
  remove: (name: string) => `Remove ${name}`,
  uploading: (percent: number) => `Uploading… ${number(percent)} %`,
  failures: {
    empty: 'The file is empty.',
    failed: 'The upload failed. Try again in a moment.',
    full: 'There is no more room for files. Delete chats that you no longer need.',
    key: 'An API key is needed.',
    notText: 'The file is not what its name says, or not text in UTF-8.',
    slow: 'The upload took too long.',
    tooLarge: 'The file is larger than 10 MB.',
    tooMany: 'A message can have at most 10 files.',
    tooManyAtOnce: 'Too many uploads at once. Try again in a moment.',
    unreachable: 'The service cannot be reached.',
    unsupported: 'Only images (PNG, JPEG, WebP, GIF) and text files can be attached.',
  },
};
