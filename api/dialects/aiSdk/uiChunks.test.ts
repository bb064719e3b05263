import { describe, expect, test } from '@jest/globals';
import * as ai5 from 'ai5';
import * as ai6 from 'ai6';
import * as ai7 from 'ai7';
import type { Mark, MarkItem } from '../../../domain/marks/mark.js';
import { type AiSdkVersion, createUiChunks, type UiChunk, type UiChunkOptions } from './uiChunks.js';
import type { UiPart } from './uiMessages.js';

const turnId = 'turn_1';
const place = (slot: number) => ({ key: `${slot}_1`, ordinal: slot, slot, base: 0, epoch: 1, beat: 0, speakerId: '' });
const text = (slot: number): MarkItem => ({ ...place(slot), kind: 'text' });
const call: MarkItem = { ...place(1), kind: 'call', callId: 'c1', name: 'send', arguments: {}, isClients: false };
const result: MarkItem = { ...place(2), kind: 'result', callId: 'c1', name: '', content: 'sent', success: true };

const says = (item: MarkItem, said: string): Mark[] => [
  { type: 'itemOpened', item },
  ...(said === '' ? [] : [{ type: 'text' as const, item, from: 0, to: said.length, text: said }]),
  { type: 'itemClosed', item, text: said, length: said.length },
];
const marks: Mark[] = [
  { type: 'opened' },
  ...says(text(0), 'One. '),
  ...says(call, ''),
  ...says(result, ''),
  ...says(text(3), 'Two.'),
  { type: 'ended', end: { status: 'completed' } },
];
const waiting: Mark[] = [
  { type: 'opened' },
  ...says(text(0), 'One. '),
  ...says(call, ''),
  { type: 'approval', calls: [{ callId: 'c1', name: 'send', arguments: {} }] },
  { type: 'ended', end: { status: 'waiting' } },
];

const chunksOf = (options: Partial<UiChunkOptions>, of: readonly Mark[] = marks): UiChunk[] =>
  createUiChunks({ version: 7, messageId: turnId, ...options })(of).map(({ data }) => data as UiChunk);

type Read = (options: object) => AsyncIterable<{ parts: UiPart[] }>;
const readers = { 5: ai5.readUIMessageStream, 6: ai6.readUIMessageStream, 7: ai7.readUIMessageStream };

/** The parts that a stock client has after chunks. */
async function read(version: AiSdkVersion, chunks: readonly UiChunk[]): Promise<UiPart[]> {
  const stream = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  let parts: UiPart[] = [];
  const messages = (readers[version] as Read)({ stream, terminateOnError: true });
  for await (const message of messages) parts = structuredClone(message.parts);
  return parts;
}

const texts = (parts: readonly UiPart[]) => parts.flatMap(({ type, text: said }) => (type === 'text' ? [said] : []));
const types = (parts: readonly { type: string }[]) => parts.map(({ type }) => type);

describe('a page that connects again by itself', () => {
  const sent = chunksOf({ inOneStep: true });

  test.each(sent.map((_, n) => n + 1).slice(0, -1))(
    'has each part once, wherever its connection broke: after %i chunks',
    async (received) => {
      const parts = await read(7, [...sent.slice(0, received), ...chunksOf({ inOneStep: true, received })]);
      expect(types(parts).filter((type) => type !== 'step-start')).toEqual(['text', 'dynamic-tool', 'text']);
      expect(texts(parts)).toEqual(['One. ', 'Two.']);
    },
  );

  test('has each part once after an approval in the same message', async () => {
    const asked = chunksOf({ inOneStep: true }, waiting);
    const has = new Set(['0_1', '1_1']);
    const answered = chunksOf({ inOneStep: true, has });
    const parts = await read(7, [...asked, ...answered.slice(0, -2), ...chunksOf({ inOneStep: true, received: 4 })]);
    expect(texts(parts)).toEqual(['One. ', 'Two.']);
    expect(types(parts)).toEqual(['step-start', 'text', 'dynamic-tool', 'text']);
  });

  test.each([5, 6] as const)('gets no chunk that version %i does not know', async (version) => {
    const first = chunksOf({ version, inOneStep: true });
    const again = chunksOf({ version, inOneStep: true, received: 4 });
    const parts = await read(version, [...first.slice(0, 4), ...again]);
    expect(types(again)).not.toContain('reset-step');
    expect(texts(parts).at(-1)).toBe('Two.');
  });
});

describe('a page that answers a call', () => {
  test.each([6, 7] as const)('has the result in the step of its call, in version %i', async (version) => {
    const parts = await read(version, [
      ...chunksOf({ version }, waiting),
      ...chunksOf({ version, has: new Set(['0_1', '1_1']) }),
    ]);
    expect(types(parts)).toEqual(['step-start', 'text', 'dynamic-tool', 'step-start', 'text']);
    expect(parts[2]).toMatchObject({ state: 'output-available', output: 'sent' });
  });

  test.each([6, 7] as const)('gets the call of a delegated agent with its request, in version %i', async (version) => {
    const asked = { type: 'approval' as const, calls: [{ callId: 'c9', name: 'send', arguments: { to: 'all' } }] };
    const parts = await read(version, chunksOf({ version }, [{ type: 'opened' }, ...says(text(0), 'One.'), asked]));
    expect(parts.at(-1)).toMatchObject({ toolCallId: 'c9', state: 'approval-requested', input: { to: 'all' } });
  });
});
