import type { AskedCall } from '../../db/agents/iterationRows.js';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import type { ToolDescriptor } from '../../domain/agents/tools.js';

/** For a tool that does not exist: the call is made, and its result says so. */
const UNKNOWN = { timeoutMs: 10_000, idempotent: true, needsApproval: false };
const DELEGATE = 'delegate';
/** Clients run their own functions: nothing here waits for them. */
const OF_CLIENT = {
  tool: null,
  timeoutMs: 0,
  idempotent: false,
  needsApproval: false,
  delegates: false,
  client: true,
} as const;

/** Ids of the turn's calls so far: ours, and the model's. */
export type TakenIds = { own: ReadonlySet<string>; models: ReadonlySet<string> };

/**
 * Plans the calls that a model requests. Ids are generated here, because they name steps, workflows and routes. The
 * model's own id is stored beside ours and sent only to the model; where it is missing or repeated, the model gets ours.
 * The id of a call that a client runs has the turn's in it: it names the call among those of all the client's chats.
 */
export function planCalls(
  calls: ToolCallRequest[],
  options: {
    offered: ToolDescriptor[];
    taken: TakenIds;
    iteration: number;
    prefix?: string;
    client?: { turnId: string; names: ReadonlySet<string> };
  },
): AskedCall[] {
  const { offered, iteration, prefix = 'call', client } = options;
  const own = new Set(options.taken.own);
  const models = new Set(options.taken.models);
  return calls.map((call, n) => {
    const isClients = client?.names.has(call.name);
    const tool = offered.find(({ name }) => name === call.name);
    const ofTurn = isClients ? `_${client?.turnId.replace(/^turn_/, '').replaceAll('-', '')}` : '';
    const callId = freeId(own, `${prefix}${ofTurn}_${iteration}_${n}`);
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
    const { id: _, ...asked } = call;
    return { ...asked, plan: isClients ? { callId, ...OF_CLIENT } : plan, modelCallId };
  });
}

/** An unused id, which is the same each time the same calls are planned. */
function freeId(taken: ReadonlySet<string>, wanted: string): string {
  let id = wanted;
  for (let more = 2; taken.has(id); more++) id = `${wanted}_${more}`;
  return id;
}
