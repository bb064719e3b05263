import { describe, expect, test } from '@jest/globals';
import { lastAssistantMessageIsCompleteWithApprovalResponses as isComplete } from 'ai7';
import type { Mark, MarkItem } from '../../../domain/marks/mark.js';
import type { AiSdkVersion } from './uiChunks.js';
import { toUiMessages } from './uiMessages.js';
import { replySoFar, type WaitingTurn, withApprovals } from './waitingMessage.js';

const turnId = 'turn_1';
const place = (slot: number) => ({ key: `${slot}_1`, ordinal: slot, slot, base: 0, epoch: 1, beat: 0, speakerId: '' });
const call = (slot: number, callId: string, name: string): MarkItem => ({
  ...place(slot),
  kind: 'call',
  callId,
  name,
  arguments: { n: slot },
  isClients: false,
});
const result = (slot: number, callId: string): MarkItem => ({
  ...place(slot),
  kind: 'result',
  callId,
  name: '',
  content: '42',
  success: true,
});
const text = (slot: number): MarkItem => ({ ...place(slot), kind: 'text' });
const closed = (item: MarkItem, said = ''): Mark => ({ type: 'itemClosed', item, text: said, length: said.length });

const waitingCall = { callId: 'c2', name: 'send', arguments: '{"n":4}' };
const waits: WaitingTurn = {
  turnId,
  marks: [
    closed(text(0), 'Let me see.'),
    closed(call(1, 'c1', 'calculate')),
    closed(result(2, 'c1')),
    closed(text(3), 'Lost.'),
    { type: 'voided', items: [text(3)] },
    closed(text(3), 'Now this.'),
    closed(call(4, 'c2', 'send')),
  ],
  calls: [waitingCall],
  decisions: [],
};

function shown(turn: WaitingTurn, version: AiSdkVersion) {
  const [message] = toUiMessages([replySoFar(turn)], { version, names: new Map() });
  return withApprovals(message!, turn, version);
}

describe('the message of a turn that waits for a person', () => {
  test('has the results of earlier calls, and begins a step after each result', () => {
    expect(shown(waits, 7)).toMatchObject({
      id: turnId,
      role: 'assistant',
      parts: [
        { type: 'step-start' },
        { type: 'text', text: 'Let me see.' },
        { type: 'dynamic-tool', toolCallId: 'c1', state: 'output-available', output: '42', input: { n: 1 } },
        { type: 'step-start' },
        { type: 'text', text: 'Now this.' },
        { type: 'dynamic-tool', toolCallId: 'c2', state: 'approval-requested', approval: { id: 'c2' } },
      ],
    });
  });

  test('counts as complete for the stock client when the call that waits has an answer', () => {
    const message = shown(waits, 7);
    const answered = message.parts.map((part) =>
      part.state === 'approval-requested' ? { ...part, state: 'approval-responded' } : part,
    );
    expect(isComplete({ messages: [{ ...message, parts: answered }] as never })).toBe(true);
  });

  test('has the answer of a call that was decided and has not run, beside another one that waits', () => {
    const two = {
      ...waits,
      marks: [...waits.marks, closed(call(5, 'c3', 'send'))],
      decisions: [{ callId: 'c3', approved: false, comment: 'No.' }],
    };
    const message = shown(two, 6);
    expect(message.parts.slice(-2)).toMatchObject([
      { toolCallId: 'c2', state: 'approval-requested' },
      { toolCallId: 'c3', state: 'approval-responded', approval: { id: 'c3', approved: false, reason: 'No.' } },
    ]);
  });

  test('has the call of a delegated agent, which is no step of this one', () => {
    const message = shown({ ...waits, marks: waits.marks.slice(0, 3) }, 7);
    expect(message.parts.at(-1)).toMatchObject({ toolCallId: 'c2', state: 'approval-requested', input: { n: 4 } });
  });

  test('has in version 5 the call itself, to which its result belongs, and the approval as data', () => {
    expect(shown(waits, 5).parts.slice(-2)).toMatchObject([
      { type: 'dynamic-tool', toolCallId: 'c2', state: 'input-available' },
      { type: 'data-approval', id: 'c2', data: { callId: 'c2', name: 'send', arguments: { n: 4 } } },
    ]);
  });
});
