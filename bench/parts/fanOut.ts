import { ending, type Reply } from '../../test/support/provider/scriptedReply.js';
import { now } from '../clock.js';
import type { Section } from '../report.js';
import type { Stage } from '../stage.js';
import { median, sum } from '../stats.js';
import { type SeenStream, takeSeat } from '../streams.js';
import type { Subject } from '../subject.js';
import type { Part } from './part.js';

const classifierMs = 1_000;
const reply: Reply = { steps: [{ stamped: { tokens: 25, perSecond: 50 } }, ...ending()] };

type Played = { asked: number; turnMs: number; streamsMs: number };

/** A turn with a guest and an interjection, with classifiers that take a second each, and with some that take no time. */
export const fanOutPart: Part = async (stage, { quick, say }) => {
  const rounds = quick ? 1 : 3;
  await play(stage, 0); // what runs for the first time is not measured
  const [slow, free]: [Played[], Played[]] = [[], []];
  while (slow.length < rounds) {
    say(`classifiers that take no time, and ${classifierMs} ms each: round ${slow.length + 1} of ${rounds}`);
    free.push(await play(stage, 0));
    slow.push(await play(stage, classifierMs));
  }
  return [compare(slow, free)];
};

/** One turn in a new chat of two characters, each of whom speaks once; then the scene closes. */
async function play({ provider, service }: Stage, afterMs: number): Promise<Played> {
  const { chatId, hostId } = await newGuestChat(service);
  const seat = await takeSeat(service, chatId);
  await provider.script({ always: reply, classify: answers(hostId, afterMs) });
  await provider.forget();
  const seen = await seat.run();
  const turnMs = now() - seen.postedAt;
  seat.leave();
  const requests = (await provider.requests()).filter(({ requestId }) => requestId?.startsWith(seen.turnId));
  const replies = requests.filter(({ body }) => body.stream);
  if (replies.length !== 2) throw new Error(`the turn has ${replies.length} replies, which is not what is measured`);
  return {
    asked: requests.length - replies.length,
    turnMs,
    streamsMs: sum(replies.map(({ at }, n) => streamMs(seen, at, replies[n + 1]?.at))),
  };
}

/** From a reply's request to its last token, all of which were sent before the next request. */
function streamMs({ tokens }: SeenStream, requestedAt: number, nextAt = Number.POSITIVE_INFINITY): number {
  const sent = tokens.map(({ sentAt }) => sentAt).filter((at) => at >= requestedAt && at < nextAt);
  return Math.max(...sent) - requestedAt;
}

async function newGuestChat({ client }: Subject): Promise<{ chatId: string; hostId: string }> {
  const create = async (path: string, body: object) =>
    (await client.request<{ id: string }>('POST', path, { body })).body;
  const { id: hostId } = await create('/v1/characters', { name: 'Mira', persona: 'Keeps a lighthouse.' });
  const { id: guestId } = await create('/v1/characters', { name: 'Tomas', persona: 'A ferryman.' });
  const scene = { container: 'the lamp room' };
  const { id: chatId } = await create('/v1/chats', { kind: 'narrative', hostId, guestId, scene });
  await create(`/v1/chats/${chatId}/storyEvents`, { title: 'The storm', description: 'Comes.', status: 'active' });
  return { chatId, hostId };
}

function answers(hostId: string, afterMs: number): Record<string, Reply> {
  const json: Record<string, object> = {
    turn_parse: { segments: [] },
    addressee: { addresseeId: hostId },
    state_update: { affinityDelta: 1, trustDelta: 1, knowledgeFacts: [] },
    significance: { score: 1 },
    interjection: { shouldInterject: true, reason: '' },
    event_lifecycle: { transitions: [] },
    scene_close: { shouldClose: true, reason: '' },
    scene_summary: { summary: 'They talked.', edges: [], knowledgeFacts: [] },
  };
  return Object.fromEntries(Object.entries(json).map(([name, answer]) => [name, { json: answer, afterMs }]));
}

/** Both in the time of one call; the streams of a turn are not the fan-out's. */
function compare(slow: Played[], free: Played[]): Section {
  const asked = median(slow.map((each) => each.asked));
  const timesOf = (played: Played[]) =>
    median(played.map(({ turnMs, streamsMs }) => (turnMs - streamsMs) / classifierMs));
  const [times, without] = [timesOf(slow), timesOf(free)];
  return {
    title: `Fan-out with an interjection, medians of ${slow.length}`,
    rows: [
      { what: 'classifier calls a turn', unit: '', service: asked },
      { what: 'turn less its two streams, in calls of 1 s', unit: '', service: times, target: { below: 5 } },
      { what: 'of these, not for calls', unit: '', service: without },
      { what: 'to the same calls one after the other', unit: '', service: times / (asked + without) },
    ],
  };
}
