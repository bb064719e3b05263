import type { OptionName } from '../../../domain/turns/turnOptions.js';
import { formats } from './formats.js';

const { count, number } = formats;

/** Forms in dialogs. */
export const forms = {
  blank: 'Enter at least one character that is not a space',
  unsaved: 'You have unsaved changes.',
  keepEditing: 'Keep editing',
  discardChanges: 'Discard changes',
  nextMessage: 'Changes hold from the next message on.',
  name: 'Name',
  persona: 'Persona',
  personaHint: 'Who they are, how they speak, what they want.',
  greeting: 'Greeting',
  greetingHint: 'The first message of this character in a new chat.',
  newCharacter: 'New character',
  editCharacter: (name: string) => `Edit ${name}`,
  profile: 'Your profile',
};

export const newChat = {
  title: 'New chat',
  create: 'Create chat',
  kind: 'Kind of chat',
  descriptions: {
    assistant: 'Ask a model, and give it instructions.',
    narrative: 'Chat with one or two characters who have feelings and memories.',
    document: 'Discuss a text, and accept or decline suggested changes.',
    agent: 'A model that uses tools and shows its steps.',
    relay: 'Another chat service replies.',
  },
  unavailable: 'Not set up here: no other chat service is connected.',
  character: 'Character',
  guest: 'Second character',
  newCharacter: 'New character…',
  scene: 'Scene',
  sceneExample: 'The kitchen, late at night',
  sceneHint: 'Where the story starts. You can also start a scene later.',
  newDocument: 'New document…',
  documentTitle: 'Document title',
  passage: 'Passage',
  passageHint: 'To discuss only a part of the document, paste that part exactly as it is in the text.',
  noPassage: 'This passage is not in the document. Paste it exactly as it is in the text.',
  relayPersona: 'The persona for the other service: a name it knows, or a description.',
  session: 'Session ID',
  sessionHint: 'To continue a session of the other service. Leave empty to start a new one.',
};

export const agentForm = {
  instructionsExample: 'You help with…',
  instructionsHint: 'What the assistant should do, and how.',
  sampling: 'Sampling',
  showThinking: 'Show the model’s thinking',
  tools: (n: number) => `Tools: ${n === 0 ? 'none' : number(n)}`,
  noTools: 'No tools could be loaded.',
  samplers: {
    temperature: 'Temperature',
    topP: 'Top P',
    maxTokens: 'Longest reply, in tokens',
    presencePenalty: 'Presence penalty',
    frequencyPenalty: 'Frequency penalty',
    stop: 'Texts that end a reply',
  } satisfies Record<OptionName, string>,
  textsHint: (most: number) => `(up to ${number(most)}, one a line)`,
};

/** The owner's characters. */
export const library = {
  title: 'Characters',
  importCards: 'Import cards',
  drop: 'You can also drop character cards here: PNG or JSON files.',
  empty: 'No characters yet.',
  picture: 'Picture',
  onlyFirst: (n: number) => `Only the first ${number(n)} files are imported.`,
  imported: (name: string) => `${name} was imported.`,
  notImported: (file: string, why: string) => `${file} could not be imported. ${why}`,
  unusedKeywords: (n: number) =>
    `${n === 1 ? 'One keyword' : count(n, { other: 'keywords' })} of its lorebook can’t be used as a pattern, and will call nothing.`,
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteMessage:
    'The character is removed from the chats in which it is the second character. If it is the main character of a chat, delete that chat first.',
};
