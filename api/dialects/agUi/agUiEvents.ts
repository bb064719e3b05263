import type { LandedBeat, Mark, MarkItem, TurnEnd } from '../../../domain/marks/mark.js';
import { type Outcome, outcomeOf } from '../../../domain/marks/outcome.js';
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
  /** The run is attached to: it begins with a snapshot that has the reply so far, which are the first marks. */
  attached?: boolean;
  /** Items that the client has from the run that was interrupted. */
  has?: ReadonlySet<string>;
  /** The client names a version of the protocol, as clients do since AG-UI 1.0. */
  namesVersion?: boolean;
};

type Shown = { item: MarkItem; text: string; closed: boolean };

/** The events of a run, for the marks of its turn. A lost draft is taken back by a snapshot without its text. */
export function createAgUiEvents(options: AgUiOptions): (marks: readonly Mark[]) => SseMessage[] {
  const { threadId, runId, turnId, base, has = new Set() } = options;
  let attaches = options.attached ?? false;
  const shown = new Map<number, Shown>();
  let beats: LandedBeat[] = [];
  let calls: Extract<Mark, { type: 'approval' }>['calls'] = [];
  let callsClient = false;
  const idOf = ({ slot }: MarkItem) => messageIdOf(turnId, slot);

  /** The thread as it is; the message of an open item with the text that the client is to have of it. */
  function snapshot(): AgUiEvent {
    const own = [...shown.values()].sort((a, b) => a.item.slot - b.item.slot);
    const messages = [...base, ...own.map(({ item, text }) => messageOf(turnId, item, text))];
    return { type: 'MESSAGES_SNAPSHOT', messages };
  }

  function textEvents({ item, text }: Extract<Mark, { type: 'text' }>): AgUiEvent[] {
    const entry = shown.get(item.ordinal);
    if (!entry || text === '') return [];
    entry.text += text;
    const type = item.kind === 'thinking' ? 'REASONING_MESSAGE_CONTENT' : 'TEXT_MESSAGE_CONTENT';
    return [{ type, messageId: idOf(item), delta: text }];
  }

  function closeItem(item: MarkItem): AgUiEvent[] {
    const entry = shown.get(item.ordinal);
    if (!entry) return [];
    entry.closed = true;
    return itemEnd(item, idOf(item));
  }

  /** The beginning of a run that is attached to: what the marks made is in the snapshot, and an open message goes on. */
  function attach(marks: readonly Mark[]): AgUiEvent[] {
    attaches = false;
    const ends = marks.flatMap((mark) => {
      const events = eventsOf(mark);
      return mark.type === 'ended' ? events : [];
    });
    const open = [...shown.values()].filter(({ closed }) => !closed);
    const starts = open.flatMap(({ item }) => itemStart(item, idOf(item)));
    return [{ type: 'RUN_STARTED', threadId, runId }, snapshot(), ...starts, ...ends];
  }

  function voided(items: readonly MarkItem[]): AgUiEvent[] {
    const gone = items.filter(({ ordinal }) => shown.delete(ordinal));
    return gone.length > 0 ? [snapshot()] : [];
  }

  function end(how: TurnEnd): AgUiEvent[] {
    const ended = outcomeOf(how, beats);
    if (ended.how === 'failed') {
      const { message, code } = ended.error ?? { message: 'The turn failed.', code: 'internal' };
      return [{ type: 'RUN_ERROR', message, code }];
    }
    const outcome = outcomeShown(ended.how);
    return [{ type: 'RUN_FINISHED', threadId, runId, ...(outcome ? { outcome } : {}) }];
  }

  /**
   * Before AG-UI 1.0 a run without an outcome was a success, and an outcome that is not known breaks it. assistant-ui takes an
   * explicit success to mean that no call is its own to answer.
   */
  function outcomeShown(how: Exclude<Outcome['how'], 'failed'>): object | null {
    switch (how) {
      case 'waiting':
        return { type: 'interrupt', interrupts: calls.map(interrupt) };
      case 'stopped':
        return options.namesVersion ? { type: 'cancelled' } : null;
      case 'cut':
      case 'whole':
        return callsClient && !options.namesVersion ? null : { type: 'success' };
    }
  }

  function eventsOf(mark: Mark): AgUiEvent[] {
    switch (mark.type) {
      case 'opened':
        return [{ type: 'RUN_STARTED', threadId, runId }];
      case 'itemOpened':
        if (mark.item.kind === 'call' && mark.item.isClients) callsClient = true;
        if (has.has(mark.item.key)) return [];
        shown.set(mark.item.ordinal, { item: mark.item, text: '', closed: false });
        return itemStart(mark.item, idOf(mark.item));
      case 'text':
        return textEvents(mark);
      case 'itemClosed':
        return closeItem(mark.item);
      case 'voided':
        return voided(mark.items);
      case 'beatLanded':
        beats = [...beats, mark.beat];
        return [];
      case 'approval':
        calls = mark.calls;
        return [];
      case 'ended':
        return end(mark.end);
    }
  }
  return (marks) => (attaches ? attach(marks) : marks.flatMap(eventsOf)).map((data) => ({ data }));
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
  properties: { approved: { type: 'boolean' }, reason: { type: 'string' } },
  required: ['approved'],
};

const interrupt = ({ callId, name }: { callId: string; name: string }) => ({
  id: callId,
  // The word of the protocol's clients for an approval: with another one assistant-ui shows no buttons.
  reason: 'tool_call',
  message: `Allow ${name}?`,
  toolCallId: callId,
  responseSchema: answerSchema,
});
