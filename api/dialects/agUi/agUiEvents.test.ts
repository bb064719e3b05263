import { describe, expect, test } from '@jest/globals';
import type { Mark, MarkItem } from '../../../domain/marks/mark.js';
import { createGatheredOutput } from '../core/gatheredOutput.js';
import { type AgUiEvent, createAgUiEvents } from './agUiEvents.js';

const turnId = 'turn_1';
const place = (slot: number) => ({ key: `${slot}_1`, ordinal: slot, base: 0, slot, epoch: 1, beat: 0, speakerId: '' });
const thinking: MarkItem = { ...place(0), kind: 'thinking' };
const call: MarkItem = { ...place(1), kind: 'call', callId: 'c1', name: 'look', arguments: {}, isClients: false };
const result: MarkItem = { ...place(2), kind: 'result', callId: 'c1', name: '', content: 'fog', success: true };
const text: MarkItem = { ...place(3), kind: 'text' };

const opens = (item: MarkItem, said = ''): Mark[] => [
  { type: 'itemOpened', item },
  ...(said === '' ? [] : [{ type: 'text' as const, item, from: 0, to: said.length, text: said }]),
];
const closes = (item: MarkItem, said = ''): Mark => ({ type: 'itemClosed', item, text: said, length: said.length });

const soFar: Mark[] = [
  { type: 'opened' },
  ...opens(thinking, 'Hm.'),
  closes(thinking, 'Hm.'),
  ...opens(call),
  closes(call),
  ...opens(result),
  closes(result),
  ...opens(text, 'The lamp '),
];

const user = { id: 'm', role: 'user', content: 'Hello' };
const attach = () => createAgUiEvents({ threadId: 't', runId: 'r', turnId, base: [user], attached: true });

describe('a run that is attached to', () => {
  test('begins with a snapshot of the reply so far, and its open message goes on', () => {
    const encode = attach();
    const data = (marks: readonly Mark[]) => encode(marks).map((message) => message.data as AgUiEvent);
    expect(data(soFar)).toEqual([
      { type: 'RUN_STARTED', threadId: 't', runId: 'r' },
      {
        type: 'MESSAGES_SNAPSHOT',
        messages: [
          user,
          { id: 'turn_1:0', role: 'reasoning', content: 'Hm.' },
          expect.objectContaining({ id: 'turn_1:1', role: 'assistant', toolCalls: [expect.anything()] }),
          { id: 'turn_1:2', role: 'tool', toolCallId: 'c1', content: 'fog' },
          { id: 'turn_1:3', role: 'assistant', content: 'The lamp ' },
        ],
      },
      { type: 'TEXT_MESSAGE_START', messageId: 'turn_1:3', role: 'assistant' },
    ]);
    expect(data([{ type: 'text', item: text, from: 9, to: 15, text: 'turns.' }])).toEqual([
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 'turn_1:3', delta: 'turns.' },
    ]);
  });

  test('has the end of a run that waits behind its snapshot', () => {
    const ended: Mark = { type: 'ended', end: { status: 'waiting' } };
    const types = attach()([...soFar.slice(0, -2), ended]).map(({ data }) => (data as AgUiEvent).type);
    expect(types).toEqual(['RUN_STARTED', 'MESSAGES_SNAPSHOT', 'RUN_FINISHED']);
  });
});

describe('the end of a run', () => {
  const asked: MarkItem = { ...call, isClients: true };
  const completed: Mark = { type: 'ended', end: { status: 'completed' } };
  const cancelled: Mark = { type: 'ended', end: { status: 'cancelled' } };
  const waiting: Mark[] = [
    { type: 'approval', calls: [{ callId: 'c1', name: 'look', arguments: {} }] },
    { type: 'ended', end: { status: 'waiting' } },
  ];
  const interrupts = [expect.objectContaining({ id: 'c1', toolCallId: 'c1', reason: 'tool_call' })];
  test.each<[string, Mark[], { namesVersion?: boolean }, unknown]>([
    ['is a success', [completed], {}, { type: 'success' }],
    [
      'is one too with a call for the client',
      [...opens(asked), completed],
      { namesVersion: true },
      { type: 'success' },
    ],
    ['has no outcome where an older client has a call to answer', [...opens(asked), completed], {}, undefined],
    ['has an outcome of its own after a stop', [cancelled], { namesVersion: true }, { type: 'cancelled' }],
    ['has no outcome that a client before AG-UI 1.0 refuses', [cancelled], {}, undefined],
    ['asks for an approval as clients expect it', waiting, {}, { type: 'interrupt', interrupts }],
  ])('%s', (_, marks, knows, outcome) => {
    const encode = createAgUiEvents({ threadId: 't', runId: 'r', turnId, base: [], ...knows });
    const last = encode([{ type: 'opened' }, ...marks]).at(-1)?.data as AgUiEvent;
    expect([last.type, last.outcome]).toEqual(['RUN_FINISHED', outcome]);
  });

  test('leaves the outcome to a client that has the call from the run that was interrupted', () => {
    const encode = createAgUiEvents({ threadId: 't', runId: 'r', turnId, base: [], has: new Set([asked.key]) });
    expect(encode([...opens(asked), completed]).at(-1)?.data).not.toHaveProperty('outcome');
  });
});

describe('an output that begins with what there is', () => {
  function gather() {
    const sent: (readonly Mark[] | 'end')[] = [];
    const none = { bufferedBytes: () => 0, drained: () => Promise.resolve(), onClosed: () => {}, close: () => {} };
    const output = { ...none, closed: false, send: (marks: readonly Mark[]) => void sent.push(marks) };
    return { sent, output: createGatheredOutput({ ...output, end: () => void sent.push('end') }) };
  }

  test('gets the marks up to now at once, and later ones as they come', () => {
    const { sent, output } = gather();
    for (const mark of soFar) output.send([mark]);
    expect(sent).toEqual([]);
    output.caughtUp?.();
    output.caughtUp?.();
    output.send([closes(text, 'The lamp ')]);
    expect(sent).toEqual([soFar, [closes(text, 'The lamp ')]]);
  });

  test('gets all marks of a turn that ends before', () => {
    const { sent, output } = gather();
    output.send(soFar);
    output.end();
    output.caughtUp?.();
    expect(sent).toEqual([soFar, 'end']);
  });
});
