import { readFile } from 'node:fs/promises';
import {
  differencesFromRebuild,
  gapsOf,
  type LogRow,
  ofKind,
  readLog,
  repeatsOf,
} from '../../../test/support/chats/logBreaches.js';
import type { Stage } from '../stage.js';
import type { Book } from '../traffic/book.js';
import { type Check, check } from './check.js';
import { textBreach } from './text.js';

/** Everything that Postgres must hold of the run. Runs when all is at rest. */
export async function checkLogs(stage: Stage, book: Book): Promise<Check[]> {
  const lost = check('accepted turns that are lost');
  const doubled = check('effects that happened twice');
  const gaps = check('chats with gaps in seq');
  const mixed = check('replies that are no one reply’s text');
  const projections = check('chats whose projections differ from a rebuild');
  const ids = await chatIds(stage);
  const said = new Set<string>();
  for (const chatId of ids) {
    const log = await readLog(stage.pool, chatId);
    for (const event of ofKind(log, 'user_turn')) if (event.turnId) said.add(event.turnId);
    gaps.see(chatId, gapsOf(log, await seqOf(stage, chatId)));
    doubled.see(chatId, [...repeatsOf(log), ...secondsOf(log)], log.length);
    for (const reply of ofKind(log, 'assistant_turn')) {
      mixed.see(`${reply.turnId}:${reply.data.beat}`, textBreach(reply.data.text, requestsOf(reply.data.steps)));
    }
    projections.see(chatId, await differencesFromRebuild(stage.pool, chatId));
  }
  for (const turnId of book.turns.keys()) lost.see(turnId, said.has(turnId) ? [] : ['it has no user_turn']);
  await seeToolCalls(stage, doubled);
  return [lost, doubled, gaps, mixed, projections].map(({ done }) => done());
}

/** An agent asks once for its tools and once for its answer; everything else is one request's text. */
const requestsOf = (steps: unknown[] | undefined) => (steps ? 2 : 1);

/** What a turn has once, whichever of its steps appended it. */
function secondsOf(log: LogRow[]): string[] {
  const once = [
    ...ofKind(log, 'user_turn').map(({ turnId }) => `user_turn of ${turnId}`),
    ...ofKind(log, 'turn_completed').map(({ turnId }) => `turn_completed of ${turnId}`),
    ...ofKind(log, 'assistant_turn').map(({ turnId, data }) => `assistant_turn of ${turnId}, beat ${data.beat}`),
    ...ofKind(log, 'tool_call_start').map(({ turnId, data }) => `tool_call_start ${data.id} of ${turnId}`),
    ...ofKind(log, 'tool_call_end').map(({ turnId, data }) => `tool_call_end ${data.id} of ${turnId}`),
  ];
  const seen = new Set<string>();
  return once.filter((each) => seen.size === seen.add(each).size).map((each) => `${each} is there twice`);
}

/** A tool that is not idempotent was called at most once for each call that the model made. */
async function seeToolCalls({ toolCalls }: Stage, doubled: ReturnType<typeof check>): Promise<void> {
  const lines = (await readFile(toolCalls, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const [line, times] of counts) doubled.see(line, times > 1 ? [`the tool was called ${times} times`] : []);
}

async function chatIds({ pool }: Stage): Promise<string[]> {
  return (await pool.query<{ id: string }>('select id from chats order by id')).rows.map(({ id }) => id);
}

async function seqOf({ pool }: Stage, chatId: string): Promise<number> {
  return (await pool.query<{ seq: number }>('select seq from chats where id = $1', [chatId])).rows[0]?.seq ?? 0;
}
