import type { AgentStep } from '../../client/src/index.js';
import { AgentSteps } from './agentSteps.js';

/** A call that a client ran. Without a result it has sent none. */
type ClientCall = { id: string; name: string; arguments?: unknown; result?: string | undefined; success?: boolean };

/** Calls of functions that a client ran, with their results. */
export function ClientCalls({ calls }: { calls: readonly ClientCall[] }) {
  return <AgentSteps steps={calls.flatMap(stepsOf)} isStreaming={false} />;
}

function stepsOf({ id, name, arguments: sent, result, success = true }: ClientCall, index: number): AgentStep[] {
  const call: AgentStep = {
    id: `${id}:call`,
    index,
    type: 'tool_call',
    callId: id,
    name,
    arguments: sent,
    client: true,
  };
  if (result === undefined) return [call];
  return [call, { id: `${id}:result`, index, type: 'tool_result', callId: id, content: result, success }];
}
