import { createPicker } from '../../../scripts/provider/picker.js';
import { type NarrativeWorld, stepOf } from '../chats/narrativeWorld.js';
import { paced } from './scriptedReply.js';

/** Of the chat and of the course, what the answers depend on. */
export type AnswerWish = { salt: string; eventId: string; isStuck: () => boolean };

/**
 * Replies at a pace, and classifiers that take a while and say what the course's salt makes of their turn and
 * step, so that edges reach both of their ends, scenes close, characters interject and story events complete.
 */
export function answerByCourse(world: NarrativeWorld, { salt, eventId, isStuck }: AnswerWish): void {
  const turns: string[] = [];
  const orderOf = (requestId = '') => {
    const turnId = requestId.split('/')[0] ?? '';
    if (!turns.includes(turnId)) turns.push(turnId);
    return turns.indexOf(turnId);
  };
  world.provider.script(({ requestId }) =>
    paced([`Reply ${orderOf(requestId)} `, 'comes ', 'slowly, ', 'word ', 'by word.'], { everyMs: 40 }),
  );
  world.provider.classify(({ name, requestId }) => {
    const step = stepOf(requestId);
    if (name === 'significance' && isStuck()) return { status: 500 };
    const beat = step.endsWith(':1') ? 1 : 0;
    const pick = createPicker(`${salt}:${orderOf(requestId)}:${name}:${beat}:${step.includes(':you>')}`);
    const json = answerOf(name, pick, eventId);
    return json ? { json, afterMs: pick([0, 50, 150]) } : undefined;
  });
}

type Pick = ReturnType<typeof createPicker>;

/** What a classifier says; nothing where the least that the schema allows will do. */
export function answerOf(name: string, pick: Pick, eventId: string): object | undefined {
  switch (name) {
    case 'state_update':
      return { affinityDelta: pick([10, 10, -3]), trustDelta: pick([-10, -10, 4]), knowledgeFacts: pick([[], ['x']]) };
    case 'significance':
      return { score: pick([0, 1, 2, 3, 3]) };
    case 'interjection':
      return { shouldInterject: pick([true, false]), reason: '' };
    case 'scene_close':
      return { shouldClose: pick([true, false, false]), reason: '' };
    case 'event_lifecycle':
      return { transitions: pick([[], [{ eventId, newStatus: 'active' }], [{ eventId, newStatus: 'completed' }]]) };
    case 'scene_summary':
      return { summary: 'They talked.', edges: [{ targetId: 'you', summary: 'Kind.' }], knowledgeFacts: [] };
    default:
      return undefined;
  }
}
