import type { LandedBeat, Mark, MarkItem, TurnEnd } from '../../../domain/marks/mark.js';
import { outcomeOf } from '../../../domain/marks/outcome.js';
import type { SseMessage } from '../core/sseOutput.js';
import { argumentsOf } from '../responses/responseObject.js';
import { type AgUiMessage, messageIdOf, messageOf } from './agUiMessages.js';

export type AgUiEvent = { type: string } & Record<string, unknown>;

export type AgUiOptions = {
  threadId: string;
  runId: string;
  turnId: string;
  /** The messages of the thread before this turn's reply. */
  base: readonly AgUiMessage[];
  /** The run is attached to: it begins with a snapshot, which has these texts of the reply so far, by slot. */
  attached?: ReadonlyMap<number, string>;
  /** Items that the client has from the run that was interrupted. */
  has?: ReadonlySet<string>;
};

type Shown = { item: MarkItem; text: string };

/** The events of a run, for the marks of its turn. A lost draft is taken back by a snapshot without its text. */
export function createAgUiEvents(options: AgUiOptions): (marks: readonly Mark[]) => SseMessage[] {
  const { threadId, runId, turnId, base, has = new Set() } = options;
  /** The texts that the first snapshot had, as far as the reply has repeated them. */
  const attached = new Map(options.attached);
  const shown = new Map<number, Shown>();
  let beats: LandedBeat[] = [];
  let calls: Extract<Mark, { type: 'approval' }>['calls'] = [];
  const idOf = ({ slot }: MarkItem) => messageIdOf(turnId, slot);

  /** The thread as it is; the message of an open item with the text that the client is to have of it. */
  function snapshot(): AgUiEvent {
    const own = [...shown.values()].sort((a, b) => a.item.slot - b.item.slot);
    const messages = [...base, ...own.map(({ item, text }) => messageOf(turnId, item, text))];
    return { type: 'MESSAGES_SNAPSHOT', messages };
  }

  function opened(): AgUiEvent[] {
    const begun = { type: 'RUN_STARTED', threadId, runId };
    if (!options.attached) return [begun];
    const own = [...attached].map(([slot, content]) => ({ id: messageIdOf(turnId, slot), role: 'assistant', content }));
    return [begun, { type: 'MESSAGES_SNAPSHOT', messages: [...base, ...own] }];
  }

  /** Leaves out what the snapshot of an attached run has. Text that differs from it replaces it. */
  function textEvents({ item, text, from }: Extract<Mark, { type: 'text' }>): AgUiEvent[] {
    const entry = shown.get(item.ordinal);
    if (!entry) return [];
    entry.text += text;
    const expected = (attached.get(item.slot) ?? '').slice(from, from + text.length);
    if (text.startsWith(expected)) return content(item, text.slice(expected.length));
    attached.delete(item.slot);
    const whole = entry.text;
    entry.text = '';
    const reset = snapshot();
    entry.text = whole;
    return [reset, ...content(item, whole)];
  }

  /** The snapshot of an attached run may have more of an item than its reply: it was of a draft that was lost. */
  function closed(item: MarkItem): AgUiEvent[] {
    const entry = shown.get(item.ordinal);
    if (!entry) return [];
    const hasMore = (attached.get(item.slot) ?? '').length > entry.text.length;
    attached.delete(item.slot);
    return [...itemEnd(item, idOf(item)), ...(hasMore ? [snapshot()] : [])];
  }

  /** Texts of the first snapshot of which nothing was kept. */
  function dropAttached(): AgUiEvent[] {
    const isLeft = attached.size > 0;
    attached.clear();
    return isLeft ? [snapshot()] : [];
  }

  function content(item: MarkItem, delta: string): AgUiEvent[] {
    const type = item.kind === 'thinking' ? 'REASONING_MESSAGE_CONTENT' : 'TEXT_MESSAGE_CONTENT';
    return delta === '' ? [] : [{ type, messageId: idOf(item), delta }];
  }

  function voided(items: readonly MarkItem[]): AgUiEvent[] {
    const gone = items.filter(({ ordinal }) => shown.delete(ordinal));
    for (const { slot } of gone) attached.delete(slot);
    return gone.length > 0 ? [snapshot()] : [];
  }

  function end(how: TurnEnd): AgUiEvent[] {
    const outcome = outcomeOf(how, beats);
    const finished = (shown: object) => [{ type: 'RUN_FINISHED', threadId, runId, outcome: shown }];
    switch (outcome.how) {
      case 'failed': {
        const { message, code } = outcome.error ?? { message: 'The turn failed.', code: 'internal' };
        return [{ type: 'RUN_ERROR', message, code }];
      }
      case 'waiting':
        return finished({ type: 'interrupt', interrupts: calls.map(interrupt) });
      case 'stopped':
        return finished({ type: 'cancelled' });
      case 'cut':
      case 'whole':
        return finished({ type: 'success' });
    }
  }

  function eventsOf(mark: Mark): AgUiEvent[] {
    switch (mark.type) {
      case 'opened':
        return opened();
      case 'itemOpened':
        if (has.has(mark.item.key)) return [];
        shown.set(mark.item.ordinal, { item: mark.item, text: '' });
        return itemStart(mark.item, idOf(mark.item));
      case 'text':
        return textEvents(mark);
      case 'itemClosed':
        return closed(mark.item);
      case 'voided':
        return voided(mark.items);
      case 'beatLanded':
        beats = [...beats, mark.beat];
        return [];
      case 'approval':
        calls = mark.calls;
        return [];
      case 'ended':
        return [...dropAttached(), ...end(mark.end)];
    }
  }
  return (marks) => marks.flatMap(eventsOf).map((data) => ({ data }));
}

function itemStart(item: MarkItem, messageId: string): AgUiEvent[] {
  switch (item.kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }];
    case 'thinking':
      return [
        { type: 'REASONING_START', messageId },
        { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
      ];
    case 'call': {
      const { callId: toolCallId, name: toolCallName } = item;
      return [
        { type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId: messageId },
        { type: 'TOOL_CALL_ARGS', toolCallId, delta: argumentsOf(item.arguments) },
        { type: 'TOOL_CALL_END', toolCallId },
      ];
    }
    case 'result':
      return [{ type: 'TOOL_CALL_RESULT', messageId, toolCallId: item.callId, content: item.content, role: 'tool' }];
  }
}

function itemEnd({ kind }: MarkItem, messageId: string): AgUiEvent[] {
  switch (kind) {
    case 'text':
      return [{ type: 'TEXT_MESSAGE_END', messageId }];
    case 'thinking':
      return [
        { type: 'REASONING_MESSAGE_END', messageId },
        { type: 'REASONING_END', messageId },
      ];
    case 'call':
    case 'result':
      return [];
  }
}

const answerSchema = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, comment: { type: 'string' } },
  required: ['approved'],
};

const interrupt = ({ callId, name }: { callId: string; name: string }) => ({
  id: callId,
  reason: 'tool_approval',
  message: `Allow ${name}?`,
  toolCallId: callId,
  responseSchema: answerSchema,
});
