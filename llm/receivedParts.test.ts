import { expect, test } from '@jest/globals';
import { TurnFailure } from '../domain/log/failures.js';
import { through } from './partStage.js';
import type { ReplyPart } from './port.js';
import { createReceivedParts } from './receivedParts.js';
import { MAX_ARGUMENTS, MAX_CALLS, MAX_REPLY_UNITS, MAX_SERVER_JSON, MAX_SERVER_JSONS } from './replyLimits.js';

const text = (piece: string): ReplyPart => ({ type: 'delta', channel: 'text', text: piece });
const thinking = (piece: string): ReplyPart => ({ type: 'delta', channel: 'thinking', text: piece });
const call = (sent: string, name = 'look', id = 'c'): ReplyPart => ({ type: 'tool_call', id, name, arguments: sent });
const finish: ReplyPart = { type: 'finish', reason: 'stop', usage: null, model: 'm\0' };

async function receive(...parts: ReplyPart[]): Promise<ReplyPart[]> {
  async function* given() {
    yield* parts;
  }
  const received: ReplyPart[] = [];
  for await (const part of through(given(), createReceivedParts())) received.push(part);
  return received;
}
const codeOf = (...parts: ReplyPart[]) =>
  receive(...parts).then(
    () => null,
    (error: unknown) => (error as TurnFailure).code,
  );

test('received text is cleaned for storage, and a character in two halves is joined', async () => {
  const received = await receive(text('a\0\ud83d'), thinking('\ud800x'), text('\ude00'), text('\ud800'), finish);
  expect(received).toEqual([
    text('a'),
    thinking('\ufffdx'),
    text('😀'),
    text('\ufffd'),
    { ...finish, model: 'm\ufffd' },
  ]);
});

test('half a character before the text turns out to be thinking belongs to the thinking', async () => {
  const moved: ReplyPart = { type: 'text_was_thinking' };
  expect(await receive(text('a\ud83d'), moved, text('b'), finish)).toMatchObject([
    text('a'),
    text('\ufffd'),
    moved,
    text('b'),
    { type: 'finish' },
  ]);
});

test('received names and ids of calls are cleaned for storage, and a name that cannot be stored matches no tool', async () => {
  const [asked] = await receive(call('{"a":"\\u0000\0"}', 'calculate\0', `\ud800${'x'.repeat(500)}`));
  expect(asked).toMatchObject({ name: 'calculate\ufffd', arguments: '{"a":"\\u0000\ufffd"}' });
  expect(asked).toMatchObject({ id: `\ufffd${'x'.repeat(199)}` });
});

test('a response without a valid id is not resumed', async () => {
  expect(await receive({ type: 'response', id: 'a/../b' }, { type: 'response', id: 'resp_1' })).toEqual([
    { type: 'response', id: 'resp_1' },
  ]);
});

test('a reply is cut off at its size limit, whatever parts it has', async () => {
  const half = 'x'.repeat(MAX_REPLY_UNITS / 2);
  expect(await codeOf(text(half), thinking(half), finish)).toBeNull();
  expect(await codeOf(text(half), thinking(half), text('x'))).toBe('reply_too_large');
  expect(await codeOf(text(half), thinking(half), call('{'))).toBe('reply_too_large');
  expect(await codeOf(call('x'.repeat(MAX_ARGUMENTS)))).toBeNull();
  expect(await codeOf(call('x'.repeat(MAX_ARGUMENTS)), call('x'))).toBe('reply_too_large');
  const calls = Array.from({ length: MAX_CALLS }, () => call(''));
  expect(await codeOf(...calls)).toBeNull();
  expect(await codeOf(...calls, call(''))).toBe('reply_too_large');
});

test('a failure of the provider is thrown unchanged by the reader of its parts', async () => {
  async function* broken(): AsyncGenerator<ReplyPart> {
    yield text('a');
    throw new TurnFailure('stream_broken');
  }
  const read = async () => {
    for await (const _ of through(broken(), createReceivedParts()));
  };
  await expect(read()).rejects.toMatchObject({ code: 'stream_broken' });
});

test('what a server attaches to a call or a block of reasoning is received unchanged', async () => {
  const serverFields = { extra_content: { google: { thought_signature: '\0\ud800abc' } } };
  const block = { type: 'reasoning.encrypted', data: 'x' };
  const parts: ReplyPart[] = [
    { type: 'delta', channel: 'thinking', text: 'Hm.', field: 'reasoning_content' },
    { type: 'reasoning', api: 'chat', block },
    { type: 'tool_call', id: 'c', name: 'look', arguments: '{}', serverFields },
    finish,
  ];
  expect((await receive(...parts)).slice(0, 3)).toEqual(parts.slice(0, 3));
});

test('an id of a call that is too long for storage is kept in full beside the call', async () => {
  const id = 'x'.repeat(5_000);
  const [asked] = await receive(call('{}', 'look', id));
  expect(asked).toMatchObject({ id: id.slice(0, 200), serverFields: { id } });
});

test('what a server attaches to a reply is left out where it is too large or too deep', async () => {
  const block = (data: unknown): ReplyPart => ({ type: 'reasoning', api: 'chat', block: { data } });
  let deep: unknown = 'x';
  for (let n = 0; n < 10_000; n++) deep = [deep];
  expect(await receive(block('x'.repeat(MAX_SERVER_JSON)), block(deep), block('x'))).toEqual([block('x')]);
  const serverFields = { signature: 'x'.repeat(MAX_SERVER_JSON) };
  const [asked] = await receive({ type: 'tool_call', id: 'c', name: 'look', arguments: '{}', serverFields });
  expect(asked).toEqual(call('{}'));
  const half = block('x'.repeat(MAX_SERVER_JSON / 2));
  expect(await receive(...Array.from({ length: 20 }, () => half))).toHaveLength(
    (MAX_SERVER_JSONS / MAX_SERVER_JSON) * 2 - 1,
  );
});
