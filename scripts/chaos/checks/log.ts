import { readFile } from 'node:fs/promises';
import {
  differencesFromRebuild,
  gapsOf,
  type LogRow,
  ofKind,
  readLog,
  repeatsOf,
} from '../../../test/support/chats/logBreaches.js';
import type { CheckedTestbed } from '../testbed.js';
import type { Book } from '../traffic/book.js';
import { type Check, check } from './check.js';
import { textBreach } from './text.js';

/** Checks logs and projections in Postgres. All turns must have ended. */
export async function checkLogs(testbed: CheckedTestbed, book: Book): Promise<Check[]> {
  const lost = check('accepted turns that are lost');
  const doubled = check('effects that happened twice');
  const gaps = check('chats with gaps in seq');
  const mixed = check('replies that mix the text of several attempts');
  const projections = check('chats whose projections differ from a rebuild');
  const ids = await chatIds(testbed);
  const appended = new Set<string>();
  for (const chatId of ids) {
    const log = await readLog(testbed.pool, chatId);
    for (const event of ofKind(log, 'user_turn')) if (event.turnId) appended.add(event.turnId);
    gaps.record(chatId, gapsOf(log, await seqOf(testbed, chatId)));
    doubled.record(chatId, [...repeatsOf(log), ...duplicatesOf(log)], log.length);
    for (const reply of ofKind(log, 'assistant_turn')) {
      mixed.record(`${reply.turnId}:${reply.data.beat}`, textBreach(reply.data.text, requestsOf(reply.data.steps)));
    }
    projections.record(chatId, await differencesFromRebuild(testbed.pool, chatId));
  }
  for (const turnId of book.turns.keys()) lost.record(turnId, appended.has(turnId) ? [] : ['it has no user_turn']);
  await recordToolCalls(testbed, doubled);
  return [lost, doubled, gaps, mixed, projections].map(({ done }) => done());
}

/** The number of requests that a reply's text comes from: two for an agent, one for all others. */
const requestsOf = (steps: unknown[] | undefined) => (steps ? 2 : 1);

/** Events that occur twice although a turn has one of them. */
function duplicatesOf(log: LogRow[]): string[] {
  const once = [
    ...ofKind(log, 'user_turn').map(({ turnId }) => `user_turn of ${turnId}`),
    ...ofKind(log, 'turn_completed').map(({ turnId }) => `turn_completed of ${turnId}`),
    ...ofKind(log, 'assistant_turn').map(({ turnId, data }) => `assistant_turn of ${turnId}, beat ${data.beat}`),
    ...ofKind(log, 'tool_call_start').map(({ turnId, data }) => `tool_call_start ${data.id} of ${turnId}`),
    ...ofKind(log, 'tool_call_end').map(({ turnId, data }) => `tool_call_end ${data.id} of ${turnId}`),
  ];
  const seen = new Set<string>();
  return once.filter((each) => seen.size === seen.add(each).size).map((each) => `${each} occurs twice`);
}

/** Checks that a tool that is not idempotent was called at most once for each call of the model. */
async function recordToolCalls({ toolCalls }: CheckedTestbed, doubled: ReturnType<typeof check>): Promise<void> {
  const lines = (await readFile(toolCalls, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const [line, times] of counts) doubled.record(line, times > 1 ? [`the tool was called ${times} times`] : []);
}

async function chatIds({ pool }: CheckedTestbed): Promise<string[]> {
  return (await pool.query<{ id: string }>('select id from chats order by id')).rows.map(({ id }) => id);
}

async function seqOf({ pool }: CheckedTestbed, chatId: string): Promise<number> {
  return (await pool.query<{ seq: number }>('select seq from chats where id = $1', [chatId])).rows[0]?.seq ?? 0;
}
