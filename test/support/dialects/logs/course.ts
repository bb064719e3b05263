import fc from 'fast-check';
import { type SseMessage, toBytes } from '../../../../api/dialects/core/sseOutput.js';
import { agentTurn } from './agentTurn.js';
import { type Course, spokenTurn } from './spokenTurn.js';

/** How a viewer gets a turn: which tokens go out alone, and whether its stream ends with the last beat. */
export type Watching = { flushes: (nth: number) => boolean; endsEarly: boolean };

export const course: fc.Arbitrary<Course> = fc.oneof(spokenTurn, agentTurn);
export const watching: fc.Arbitrary<Watching> = fc
  .record({ mask: fc.nat(2 ** 30), endsEarly: fc.boolean() })
  .map(({ mask, endsEarly }) => ({ flushes: (nth) => ((mask >> (nth % 30)) & 1) === 0, endsEarly }));

/** So many random logs go through the parsers of each dialect: `RANDOM_LOGS`. fast-check prints the seed of a failure. */
export const logs = Number(process.env.RANDOM_LOGS ?? 1_000);

/** So many show what holds for viewers that come late, leave or come back: one test of the dialect has read all logs. */
export const fewerLogs = Math.ceil(logs / 4);

/** `fetch` for a stock client: every request is answered by these messages, as bytes. */
export function answering(messages: () => readonly SseMessage[]): typeof fetch {
  return async () =>
    new Response(messages().map(toBytes).join(''), { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}
