import { expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import type { Mark } from '../../../domain/marks/mark.js';
import type { Feeds } from '../../../viewers/gateway/feeds.js';
import type { Sink } from '../../../viewers/sinks/sink.js';
import { followTurn, type MarkOutput } from './followTurn.js';

const turnId = 'turn_1';
const place = { chatId: 'chat_1', first: 2, newest: 2, createdAt: new Date(0), endedState: null, drafts: null };
const said = { status: 'running', kind: 'agent', error: null, usage: null, hasGuest: false, landed: 1, last: false };
const state = { ...said, interjection: null, stoppedBefore: false, waiting: null };

/** A turn whose reply is in Postgres, and its viewer. `answered`: Postgres was asked whether the reply is over. */
async function followed() {
  let [onJoin, onAnswer] = [(_: Sink) => {}, () => {}];
  const joined = new Promise<Sink>((resolve) => {
    onJoin = resolve;
  });
  const answered = new Promise<void>((resolve) => {
    onAnswer = resolve;
  });
  let asked = 0;
  const query = async (sql: string) => {
    if (sql.includes('ended_state')) return { rows: [place] };
    asked += 1;
    setImmediate(onAnswer);
    return { rows: [state] };
  };
  const marks: Mark[] = [];
  let close = () => {};
  const output: MarkOutput = {
    closed: false,
    bufferedBytes: () => 0,
    drained: () => Promise.resolve(),
    onClosed: (listener) => {
      close = listener;
    },
    close: () => close(),
    send: (found) => void marks.push(...found),
    end: () => close(),
  };
  const feeds = { join: async (_: string, { sink }: { sink: Sink }) => onJoin(sink) };
  const deps = { pool: { query } as unknown as Pool, feeds: feeds as unknown as Feeds };
  const over = followTurn(deps, { owner: 'ada', turnId }, output);
  const sink = await joined;
  const send = (frame: object) =>
    sink.send({ ...frame, turnId, bytes: Buffer.from(JSON.stringify({ ...frame, turnId })) } as never);
  return { send, marks, answered, over, asked: () => asked };
}

const step = (name: string) => ({ name, status: 'done', attempts: 1 });
const status = (...steps: object[]) => ({ type: 'status', status: 'running', phase: 'replying', steps });
const data = { beat: 0, speakerId: 'assistant', text: 'Yes.', truncated: false, userTurnSeq: 2, model: 'm' };
const landed = { type: 'event', kind: 'assistant_turn', seq: 3, at: '2026-01-01T00:00:00.000Z', data };

test('a viewer of a turn gets the reply whose event comes after Postgres has it', async () => {
  const { send, marks, answered, over } = await followed();
  send(status(step('reply:0'), step('tool:call_1')));
  await answered;
  expect(marks.map(({ type }) => type)).toEqual(['opened']);
  send(landed);
  await over;
  expect(marks.map(({ type }) => type)).toEqual(['opened', 'itemOpened', 'text', 'itemClosed', 'beatLanded', 'ended']);
});

test('Postgres is not asked whether a reply is over while none of it has landed and no tool was called', async () => {
  const { send, asked, over } = await followed();
  send(status());
  send(status(step('reply:0')));
  expect(asked()).toBe(0);
  send(landed);
  await over;
  expect(asked()).toBe(1);
});
