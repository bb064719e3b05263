import type { AskedCall } from '../../db/agents/iterations.js';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import type { ToolDescriptor } from '../../domain/agents/tools.js';

/** Of a tool that there is none of: its call is made to say so. */
const UNKNOWN = { timeoutMs: 10_000, idempotent: true, needsApproval: false };
const DELEGATE = 'delegate';

/** Ids of the turn's calls so far: ours, and those that the model knows them by. */
export type TakenIds = { own: ReadonlySet<string>; models: ReadonlySet<string> };

/**
 * How the calls that a model asks for are to be made. Their ids are made here: they name steps, workflows and routes.
 * The model's own is kept beside them and sent back to the model alone; where it has none, or one twice, it is sent
 * ours.
 */
export function planCalls(
  calls: ToolCallRequest[],
  options: { offered: ToolDescriptor[]; taken: TakenIds; iteration: number; prefix?: string },
): AskedCall[] {
  const { offered, iteration, prefix = 'call' } = options;
  const own = new Set(options.taken.own);
  const models = new Set(options.taken.models);
  return calls.map((call, n) => {
    const tool = offered.find(({ name }) => name === call.name);
    const callId = freeId(own, `${prefix}_${iteration}_${n}`);
    own.add(callId);
    const modelCallId = call.id && !models.has(call.id) ? call.id : freeId(models, callId);
    models.add(modelCallId);
    const { timeoutMs, idempotent, needsApproval } = tool ?? UNKNOWN;
    const plan = {
      callId,
      tool: tool?.name ?? null,
      timeoutMs,
      idempotent,
      needsApproval,
      delegates: tool?.name === DELEGATE,
    };
    return { plan, modelCallId, name: call.name, arguments: call.arguments };
  });
}

/** One that is not taken, and the same whenever the same calls are planned. */
function freeId(taken: ReadonlySet<string>, wanted: string): string {
  let id = wanted;
  for (let more = 2; taken.has(id); more++) id = `${wanted}_${more}`;
  return id;
}
