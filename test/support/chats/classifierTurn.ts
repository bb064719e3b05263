import type { ChatState, ClassifierCall, TurnContext } from '../../../domain/classifiers/classifier.js';
import type { ClassifierName } from '../../../domain/classifiers/index.js';
import { classifiers, parseAnswer } from '../../../domain/classifiers/index.js';
import type { NewEvent } from '../../../domain/log/events.js';

export const at = '2026-01-01T00:00:01.000Z';
/** A turn with a guest, after its first beat. */
export const context: TurnContext = {
  chatId: 'chat_1',
  turnId: 'turn_1',
  userTurnSeq: 7,
  at: '2026-01-01T00:00:00.000Z',
  you: { id: 'you', name: 'Robin', persona: 'A traveller.' },
  host: { id: 'chr_h', name: 'Mira', persona: 'Keeps the lighthouse.' },
  guest: { id: 'chr_g', name: 'Brann', persona: '' },
  prose: '"Is it open?" I try the door.',
  beats: [{ beat: 0, speakerId: 'chr_h', text: 'It is.', at }],
  dialogue: [{ speakerId: 'you', text: 'Good evening.' }],
  scene: { sceneId: 'scn_1', container: 'The lamp room' },
  edges: [],
  storyEvents: [{ eventId: 'evt_1', title: 'The storm', description: 'It breaks.', status: 'planned' }],
  memories: [{ beat: 0, memoryId: 'mem_1', text: 'Robin tried the door.' }],
  sceneBeats: [{ speakerId: 'you', text: 'Good evening.' }],
};
export const state: ChatState = { pinned: [], storyEvents: [], openScene: { sceneId: 'scn_1' } };

export const calls: Record<ClassifierName, ClassifierCall> = {
  turn_parse: { name: 'turn_parse' },
  addressee: { name: 'addressee' },
  state_update: { name: 'state_update', beat: 0, sourceId: 'chr_h', targetId: 'you' },
  significance: { name: 'significance', beat: 0 },
  interjection: { name: 'interjection' },
  event_lifecycle: { name: 'event_lifecycle' },
  scene_close: { name: 'scene_close' },
  scene_summary: { name: 'scene_summary', povId: 'chr_h', sceneId: 'scn_1' },
  title: { name: 'title' },
};
export const names = Object.keys(calls) as ClassifierName[];

/** An answer of each that is as it should be. */
export const good: Record<ClassifierName, object> = {
  turn_parse: { segments: [{ kind: 'dialogue', text: '"Is it open?"' }] },
  addressee: { addresseeId: 'chr_g' },
  state_update: {
    affinityDelta: 2,
    trustDelta: -1,
    knowledgeFacts: ['Robin tries doors.', ' Robin tries doors. ', ' '],
  },
  significance: { score: 2 },
  interjection: { shouldInterject: true, reason: 'Brann is contradicted.' },
  event_lifecycle: { transitions: [{ eventId: 'evt_1', newStatus: 'active' }] },
  scene_close: { shouldClose: false, reason: 'Nobody leaves.' },
  scene_summary: {
    summary: 'Robin came in from the storm.',
    edges: [{ targetId: 'you', summary: 'Curious.' }],
    knowledgeFacts: [{ targetId: 'chr_g', fact: 'Brann smuggles.' }],
  },
  title: { title: 'A door in the storm' },
};

export const parse = (name: ClassifierName, answer: unknown) =>
  parseAnswer(classifiers[name], context, calls[name], typeof answer === 'string' ? answer : JSON.stringify(answer));

/** What an answer, as the model sent it, makes of a chat. */
export function events(name: ClassifierName, answer: unknown, chat: ChatState = state, turn = context): NewEvent[] {
  const parsed = parseAnswer(classifiers[name], turn, calls[name], JSON.stringify(answer));
  if (!parsed.ok) throw new Error(parsed.reason);
  return classifiers[name].events(turn, calls[name], parsed.answer, chat);
}
