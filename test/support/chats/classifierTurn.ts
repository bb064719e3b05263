import type { ChatState, ClassifierCall, TurnContext } from '../../../domain/classifiers/classifier.js';
import type { ClassifierName } from '../../../domain/classifiers/index.js';
import { classifierNames, classifiers, parseAnswer, toJsonSchema } from '../../../domain/classifiers/index.js';
import type { NewEvent } from '../../../domain/log/events.js';
import { type Schema, smallestAnswer } from '../../../scripts/provider/schemaAnswer.js';

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

/** What the calls are about that are about a part of the turn. */
const about: Partial<Record<ClassifierName, Omit<ClassifierCall, 'name'>>> = {
  state_update: { beat: 0, sourceId: 'chr_h', targetId: 'you' },
  significance: { beat: 0 },
  scene_summary: { povId: 'chr_h', sceneId: 'scn_1' },
};
const begun = { sceneId: 'scn_1', hasProse: true, hasStoryEvents: true, regenerates: null };
const ofEach = <T>(of: (name: ClassifierName) => T) =>
  Object.fromEntries(classifierNames.map((name) => [name, of(name)])) as Record<ClassifierName, T>;

/** A call of each classifier. */
export const calls = ofEach<ClassifierCall>((name) => ({
  ...classifiers[name].follows?.(begun),
  ...about[name],
  name,
}));

/** Answers that are more than the least that their schema allows. */
const answers = {
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
  scene_summary: {
    summary: 'Robin came in from the storm.',
    edges: [{ targetId: 'you', summary: 'Curious.' }],
    knowledgeFacts: [{ targetId: 'chr_g', fact: 'Brann smuggles.' }],
  },
  title: { title: 'A door in the storm' },
} satisfies Partial<Record<ClassifierName, object>>;

/** The JSON Schema of the answers to the calls. */
export const answerSchemas = ofEach((name) => toJsonSchema(classifiers[name].answer(context, calls[name])) as Schema);

/** An answer of each that is as it should be. */
export const good: Record<ClassifierName, object> = {
  ...ofEach((name) => smallestAnswer(answerSchemas[name]) as object),
  ...answers,
};

export const parse = (name: ClassifierName, answer: unknown) =>
  parseAnswer(classifiers[name], context, calls[name], typeof answer === 'string' ? answer : JSON.stringify(answer));

/** What an answer, as the model sent it, makes of a chat. */
export function events(name: ClassifierName, answer: unknown, chat: ChatState = state, turn = context): NewEvent[] {
  const parsed = parseAnswer(classifiers[name], turn, calls[name], JSON.stringify(answer));
  if (!parsed.ok) throw new Error(parsed.reason);
  return classifiers[name].events(turn, calls[name], parsed.answer, chat);
}
