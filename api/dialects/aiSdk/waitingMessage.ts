import type { Decision } from '../../../db/dialects/decidedCalls.js';
import type { WaitingCallRow } from '../../../db/dialects/replyState.js';
import type { AgentStep } from '../../../domain/log/events.js';
import type { Mark, MarkItem } from '../../../domain/marks/mark.js';
import { type Message, toMessage } from '../../../domain/timeline/message.js';
import type { AiSdkVersion } from './uiChunks.js';
import type { UiMessage, UiPart } from './uiMessages.js';

/** A turn that waits for a person. `marks`: those of its reply up to here. */
export type WaitingTurn = {
  turnId: string;
  marks: readonly Mark[];
  calls: readonly WaitingCallRow[];
  decisions: readonly Decision[];
};

/** The reply of a waiting turn as a message of the transcript, with the steps that it has so far. */
export function replySoFar({ turnId, marks }: Pick<WaitingTurn, 'turnId' | 'marks'>): Message {
  const steps = new Map<number, AgentStep>();
  for (const mark of marks) {
    if (mark.type === 'itemClosed') steps.set(mark.item.ordinal, stepOf(mark.item, mark.text));
    if (mark.type === 'voided') for (const { ordinal } of mark.items) steps.delete(ordinal);
  }
  return { ...toMessage('assistant', '', `${turnId}:0`, ''), steps: [...steps.values()] };
}

function stepOf(item: MarkItem, content: string): AgentStep {
  const { key: id, slot: index } = item;
  switch (item.kind) {
    case 'text':
    case 'thinking':
      return { id, index, type: item.kind, content };
    case 'call': {
      const { callId, name, isClients } = item;
      const call = { id, index, type: 'tool_call' as const, callId, name, arguments: item.arguments };
      return isClients ? { ...call, client: true } : call;
    }
    case 'result':
      return { id, index, type: 'tool_result', callId: item.callId, content: item.content, success: item.success };
  }
}

/**
 * The message of a waiting turn with the calls that a person has to decide about. Calls that are decided and have not run
 * count as answered: a page sends its answers when all calls of the last step have one. Version 5 has no such states.
 */
export function withApprovals(message: UiMessage, turn: WaitingTurn, version: AiSdkVersion): UiMessage {
  const waiting = new Map(turn.calls.map((call) => [call.callId, call]));
  const decided = new Map(turn.decisions.map((decision) => [decision.callId, decision]));
  const parts = message.parts.map((part): UiPart => {
    const callId = String(part.toolCallId);
    if (part.type !== 'dynamic-tool' || part.state !== 'input-available' || version === 5) return part;
    const decision = decided.get(callId);
    if (waiting.has(callId)) return { ...part, state: 'approval-requested', approval: { id: callId } };
    return decision ? { ...part, state: 'approval-responded', approval: toApproval(decision) } : part;
  });
  const shown = new Set(parts.map(({ toolCallId }) => toolCallId));
  // Calls of a delegated agent are no steps of this one.
  const more = turn.calls.filter(({ callId }) => !shown.has(callId)).map((call) => toolPart(call, version));
  return { ...message, parts: [...parts, ...more, ...(version === 5 ? turn.calls.map(dataPart) : [])] };
}

const toApproval = ({ callId: id, approved, comment }: Decision) => ({
  id,
  approved,
  ...(comment === null ? {} : { reason: comment }),
});

function toolPart(call: WaitingCallRow, version: AiSdkVersion): UiPart {
  const { callId: toolCallId, name: toolName } = call;
  const part = { type: 'dynamic-tool', toolCallId, toolName, providerExecuted: true, input: parsed(call.arguments) };
  if (version === 5) return { ...part, state: 'input-available' };
  return { ...part, state: 'approval-requested', approval: { id: toolCallId } };
}

const dataPart = ({ callId, name, arguments: json }: WaitingCallRow): UiPart => ({
  type: 'data-approval',
  id: callId,
  data: { callId, name, arguments: parsed(json) },
});

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
