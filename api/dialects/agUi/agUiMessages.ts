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
  return messages.flatMap(({ id, role, content, steps, toolCalls = [] }): AgUiMessage[] => {
    const [, turnId = '', beat = ''] = /^(turn_[^:]+):(\w+)$/.exec(id) ?? [];
    if (role !== 'assistant') {
      const own = names.get(turnId) ?? id;
      const outputs = toolCalls.map(({ id: toolCallId, result }, n) => {
        const isNamed = content === '' && n === toolCalls.length - 1;
        return { id: isNamed ? own : `${turnId}:${toolCallId}`, role: 'tool', toolCallId, content: result };
      });
      return content === '' && outputs.length > 0 ? outputs : [...outputs, { id: own, role, content }];
    }
    const said = (steps ?? []) as readonly AgentStep[];
    if (said.length > 0) return said.map((step) => ofStep(turnId, step));
    return [{ id: turnId ? messageIdOf(turnId, Number(beat) * 2 + 1) : id, role, content }];
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
