import assert from 'node:assert/strict';
import { ApiError, type Event, type Turn } from '../../client/src/index.js';
import type { ViewerFrame } from '../../domain/log/frames.js';
import type { Target, Transport } from './target.js';

/** A requirement of docs/protocol.md. `run` throws when it is not met. */
export type Check = { name: string; run(target: Target): Promise<void> };

const seqOf = (frame: ViewerFrame) => (frame.type === 'event' ? [frame.seq] : []);
const upTo = (seq: number) => (frame: ViewerFrame) => frame.type === 'event' && frame.seq >= seq;
const isHello = (frame: ViewerFrame) => frame.type === 'hello';
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function logOf(target: Target, turn: Turn): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of target.client.events(turn.chatId)) events.push(event);
  return events;
}

async function refusal(request: Promise<unknown>): Promise<ApiError> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof ApiError, `expected a refusal, got ${error === null ? 'an answer' : String(error)}`);
  return error;
}

const overBothTransports = (name: string, run: (target: Target, transport: Transport) => Promise<void>): Check[] => [
  { name: `${name}, over a WebSocket`, run: (target) => run(target, 'socket') },
  { name: `${name}, over server-sent events`, run: (target) => run(target, 'events') },
];

const posting: Check[] = [
  {
    name: 'a post with the key of an earlier one answers with the same turn',
    async run({ client, newChat }) {
      const { id } = await newChat();
      const [one, two] = [
        await client.postTurn(id, { text: 'Once.' }, { idempotencyKey: 'once' }),
        await client.postTurn(id, { text: 'Once.' }, { idempotencyKey: 'once' }),
      ];
      assert.equal(two.id, one.id);
      await client.cancelTurn(one.id);
    },
  },
  {
    name: 'a post with the key of an earlier one and another body is refused: 409 idempotency_mismatch',
    async run({ client, newChat }) {
      const { id } = await newChat();
      const turn = await client.postTurn(id, { text: 'One.' }, { idempotencyKey: 'k' });
      const { status, code } = await refusal(client.postTurn(id, { text: 'Two.' }, { idempotencyKey: 'k' }));
      assert.deepEqual([status, code], [409, 'idempotency_mismatch']);
      await client.cancelTurn(turn.id);
    },
  },
  {
    name: 'an unknown field in a body is refused, and named: 400 invalid_body',
    async run({ client, newChat }) {
      const { id } = await newChat();
      const body = { text: 'Hello.', colour: 'red' };
      const { status, code, message } = await refusal(client.request('POST', `/v1/chats/${id}/turns`, { body }));
      assert.deepEqual([status, code], [400, 'invalid_body']);
      assert.match(message, /colour/);
    },
  },
  {
    name: 'a turn that is cancelled ends, and cancelling it again is no error',
    async run({ client, newChat }) {
      const turn = await client.postTurn((await newChat()).id, { text: 'Say much.' });
      await client.cancelTurn(turn.id);
      const ended = await client.waitForTurn(turn.id, { signal: AbortSignal.timeout(30_000) });
      assert(['cancelled', 'completed'].includes(ended.status), `it ended as ${ended.status}`);
      await client.cancelTurn(turn.id);
    },
  },
  {
    name: 'an unknown id is refused: 404 chat_not_found, turn_not_found',
    async run({ client }) {
      assert.equal((await refusal(client.getChat('chat_none'))).code, 'chat_not_found');
      assert.equal((await refusal(client.getTurn('turn_none'))).code, 'turn_not_found');
    },
  },
];

const log: Check[] = [
  {
    name: 'seq is dense from 1, and no event is older than the one before it',
    async run(target) {
      const events = await logOf(target, await target.endedTurn());
      assert.deepEqual(
        events.map(({ seq }) => seq),
        range(1, events.length),
      );
      const times = events.map(({ at }) => at);
      assert.deepEqual(times, [...times].sort());
    },
  },
  {
    name: 'a turn has one user_turn, one assistant_turn a beat and one turn_completed, in this order',
    async run(target) {
      const turn = await target.endedTurn();
      const events = (await logOf(target, turn)).filter(({ turnId }) => turnId === turn.id);
      const ofKind = (kind: Event['kind']) => events.filter((event) => event.kind === kind);
      assert.equal(ofKind('user_turn').length, 1);
      assert.equal(ofKind('turn_completed').length, 1);
      const beats = events.flatMap((event) => (event.kind === 'assistant_turn' ? [event.data.beat] : []));
      assert.deepEqual(beats, [...new Set(beats)]);
      assert.deepEqual([events[0]?.kind, events.at(-1)?.kind], ['user_turn', 'turn_completed']);
    },
  },
];

const following: Check[] = [
  ...overBothTransports(
    'the first frame is hello, and every event behind the cursor follows once and in order',
    async (target, transport) => {
      const turn = await target.endedTurn();
      const { length } = await logOf(target, turn);
      for (const after of [0, 1, length - 1]) {
        const seen = await target.receive(turn.chatId, { after, transport, done: upTo(length) });
        assert.equal(seen.frames[0]?.type, 'hello');
        assert.deepEqual(seen.frames.flatMap(seqOf), range(after + 1, length));
        assert.deepEqual(seen.violations, []);
      }
    },
  ),
  ...overBothTransports(
    'the tokens of a reply, joined, are the text of its assistant_turn',
    async (target, transport) => {
      const { id, seq } = await target.newChat();
      const seeing = target.receive(id, {
        after: seq,
        transport,
        done: (frame) => frame.type === 'event' && frame.kind === 'turn_completed',
      });
      const turn = await target.client.postTurn(id, { text: 'Is the lamp lit?' });
      const { frames, violations } = await seeing;
      assert.deepEqual(violations, []);
      assert(frames.some((frame) => 'turnId' in frame && frame.turnId === turn.id));
    },
  ),
  {
    name: 'a cursor that is no seq of the chat closes the socket with 4400, and is 400 over server-sent events',
    async run(target) {
      const { id, seq } = await target.newChat();
      for (const after of [seq + 1, 'x']) {
        assert.equal((await target.receive(id, { after, transport: 'socket', done: isHello })).closeCode, 4400);
        assert.equal((await target.receive(id, { after, transport: 'events', done: isHello })).closeCode, 400);
      }
    },
  },
  {
    name: 'an unknown chat closes the socket with 4404, and is 404 over server-sent events',
    async run(target) {
      for (const [transport, code] of [
        ['socket', 4404],
        ['events', 404],
      ] as const) {
        assert.equal((await target.receive('chat_none', { after: 0, transport, done: isHello })).closeCode, code);
      }
    },
  },
  {
    name: 'an unknown frame is answered with an error frame, and the connection continues',
    async run(target) {
      const { id, seq } = await target.newChat();
      const isError = (frame: ViewerFrame) => frame.type === 'error';
      const { frames } = await target.receive(id, {
        after: seq,
        transport: 'socket',
        send: '{"type":"dance"}',
        done: isError,
      });
      assert.deepEqual(
        frames.map(({ type }) => type),
        ['hello', 'error'],
      );
    },
  },
];

export const checks: Check[] = [...posting, ...log, ...following];
