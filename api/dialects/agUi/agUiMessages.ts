import { clientCallIds } from '../../../domain/agents/clientFunctions.js';
import type { AgentStep } from '../../../domain/log/events.js';
import type { MarkItem } from '../../../domain/marks/mark.js';
import type { Message } from '../../../domain/timeline/message.js';
import { argumentsOf } from '../responses/responseObject.js';

export type AgUiMessage = { id: string; role: string } & Record<string, unknown>;

/** The id of an item's message: the same for every draft of it, on the stream and in snapshots. */
export const messageIdOf = (turnId: string, slot: number): string => `${turnId}:${slot}`;

/** An item as a message of its own. */
export function messageOf(turnId: string, item: MarkItem, content: string): AgUiMessage {
  const id = messageIdOf(turnId, item.slot);
  switch (item.kind) {
    case 'text':
      return { id, role: 'assistant', content };
    case 'thinking':
      return { id, role: 'reasoning', content };
    case 'call':
      return { id, role: 'assistant', toolCalls: [toolCall(item.callId, item.name, item.arguments)] };
    case 'result':
      return { id, role: 'tool', toolCallId: item.callId, content: item.content };
  }
}

const toolCall = (id: string, name: string, value: unknown) => ({
  id,
  type: 'function',
  function: { name, arguments: argumentsOf(value) },
});

/** The messages of a transcript. `names`: by turn, the client's name for the user's message. */
export function toAgUiMessages(messages: readonly Message[], names: ReadonlyMap<string, string>): AgUiMessage[] {
  return messages.flatMap(({ id, role, content, steps, toolCalls = [] }, n): AgUiMessage[] => {
    const [, turnId = '', beat = ''] = turnAndBeat(id);
    if (role !== 'assistant') return [{ id: names.get(turnId) ?? id, role, content }];
    const said = (steps ?? []) as readonly AgentStep[];
    if (said.length > 0) {
      const next = messages[n + 1];
      const [, nextTurn = ''] = next?.role === 'assistant' ? turnAndBeat(next.id) : [];
      return [...said.map((step) => ofStep(turnId, step)), ...outputsOf(turnId, said, toolCalls, names.get(nextTurn))];
    }
    return [{ id: turnId ? messageIdOf(turnId, Number(beat) * 2 + 1) : id, role, content }];
  });
}

const turnAndBeat = (id: string): readonly string[] => /^(turn_[^:]+):(\w+)$/.exec(id) ?? [];

/** What the client's functions gave. `last`: the client's id of the last of these messages, if the next turn brought them. */
function outputsOf(
  turnId: string,
  steps: readonly AgentStep[],
  toolCalls: NonNullable<Message['toolCalls']>,
  last: string | undefined,
): AgUiMessage[] {
  const ofClient = clientCallIds(steps);
  const ended = toolCalls.filter(({ id, result }) => ofClient.has(id) && result !== undefined);
  return ended.map(({ id: toolCallId, result }, n) => {
    const id = (n === ended.length - 1 && last) || `${turnId}:${toolCallId}`;
    return { id, role: 'tool', toolCallId, content: result };
  });
}

function ofStep(
  turnId: string,
  { index, type, content = '', callId = '', name = '', ...step }: AgentStep,
): AgUiMessage {
  const id = messageIdOf(turnId, index);
  switch (type) {
    case 'text':
      return { id, role: 'assistant', content };
    case 'thinking':
      return { id, role: 'reasoning', content };
    case 'tool_call':
      return { id, role: 'assistant', toolCalls: [toolCall(callId, name, step.arguments)] };
    case 'tool_result':
      return { id, role: 'tool', toolCallId: callId, content };
  }
}
