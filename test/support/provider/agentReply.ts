import { ending, type Step } from './scriptedReply.js';

export type AskedTool = { id: string; name: string; arguments: unknown };

/** A call of a tool; arguments that are a string are sent as they are. */
export const tool = (id: string, name: string, sent: unknown = {}): AskedTool => ({ id, name, arguments: sent });

const delta = (content: object) => ({ frame: { choices: [{ index: 0, delta: content, finish_reason: null }] } });

/** A reply that asks for tools, their arguments in fragments; `before` comes first. */
export function asking(calls: AskedTool[], before: Step[] = []): { steps: Step[] } {
  const steps = calls.flatMap((call, index): Step[] => {
    const sent = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    const middle = Math.floor(sent.length / 2);
    return [
      delta({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] }),
      delta({ tool_calls: [{ index, function: { arguments: sent.slice(0, middle) } }] }),
      delta({ tool_calls: [{ index, function: { arguments: sent.slice(middle) } }] }),
    ];
  });
  return { steps: [...before, ...steps, ...ending('tool_calls')] };
}
