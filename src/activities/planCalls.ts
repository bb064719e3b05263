import type { AskedCall } from '../db/iterations.js';
import type { ToolCallRequest } from '../domain/chatMessage.js';
import type { ToolDescriptor } from '../domain/tools.js';

const ID = /^[\w-]{1,64}$/;
/** Of a tool that there is none of: its call is made to say so. */
const UNKNOWN = { timeoutMs: 10_000, idempotent: true, needsApproval: false };
const DELEGATE = 'delegate';

/**
 * How the calls that a model asks for are to be made. Their ids name them in the log and to operators, so each is
 * one of its kind in its turn: a provider's id that is taken, or is none, gets another that is the same every time.
 */
export function planCalls(
  calls: ToolCallRequest[],
  options: { offered: ToolDescriptor[]; taken: ReadonlySet<string>; iteration: number; prefix?: string },
): AskedCall[] {
  const taken = new Set(options.taken);
  return calls.map((call, n) => {
    const tool = options.offered.find(({ name }) => name === call.name);
    const callId = ID.test(call.id) && !taken.has(call.id) ? call.id : freeId(taken, options, n);
    taken.add(callId);
    const { timeoutMs, idempotent, needsApproval } = tool ?? UNKNOWN;
    const plan = {
      callId,
      tool: tool?.name ?? null,
      timeoutMs,
      idempotent,
      needsApproval,
      delegates: tool?.name === DELEGATE,
    };
    return { plan, name: call.name, arguments: call.arguments };
  });
}

/** One that no call of the turn has, and the same whenever the same calls are planned. */
function freeId(
  taken: ReadonlySet<string>,
  { prefix = 'call', iteration }: { prefix?: string; iteration: number },
  n: number,
) {
  const base = `${prefix.slice(0, 40)}_${iteration}_${n}`;
  let id = base;
  for (let more = 2; taken.has(id); more++) id = `${base}_${more}`;
  return id;
}
