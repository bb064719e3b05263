import { z } from 'zod';
import type { AgentStep } from '../log/events.js';
import type { PastIteration } from './agentPrompt.js';

export const MAX_FUNCTIONS = 128;
/** Of all functions of a request together, as JSON, in UTF-16 code units. */
export const MAX_FUNCTIONS_LENGTH = 1_000_000;

/** The name of a function, or of the format of an answer. */
export const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be of the form ^[a-zA-Z0-9_-]{1,64}$');

/** A function that a request brings: its client runs it. `parameters` is a JSON Schema, as the client sent it. */
export const clientFunction = z.object({
  name: functionName,
  description: z.string().max(20_000),
  parameters: z.record(z.string(), z.unknown()),
});
export type ClientFunction = z.infer<typeof clientFunction>;

/** Which tools the model has to call. `name`: that one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

/** The form that a request wants the answer in: any JSON object, or JSON that keeps to a JSON Schema. */
export type AnswerFormat =
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      name: string;
      description?: string | undefined;
      schema: Record<string, unknown>;
      strict?: boolean | undefined;
    };

/** What a request says of functions, and of the form of the answer. It is kept with its turn. */
export type ClientFunctions = {
  functions: readonly ClientFunction[];
  format?: AnswerFormat | undefined;
  /** Holds for the first request of the turn: a model that always has to call a tool would never answer. */
  choice?: ToolChoice | undefined;
  /** Whether the model may call several tools at once; left out: as its server does. */
  parallel?: boolean | undefined;
};

/** The output of a function that a client ran. */
export type ClientOutput = { callId: string; output: string; success: boolean };

/** What the model reads in place of an output that the client did not send. */
export const NO_OUTPUT = 'No output: the client continued without one.';

const textOf = (sent: unknown): string => (typeof sent === 'string' ? sent : JSON.stringify(sent ?? {}));

/** The ids of calls that the client runs. */
export const clientCallIds = (steps: readonly AgentStep[]): Set<string> =>
  new Set(steps.flatMap(({ callId, client }) => (client && callId ? [callId] : [])));

/**
 * The iterations of a reply as its event has them, for a prompt of a later turn. An iteration ends where something follows
 * the result of a call.
 */
export function iterationsOfSteps(steps: readonly AgentStep[]): PastIteration[] {
  const iterations: PastIteration[] = [];
  let hasResult = true;
  for (const { type, content = '', callId = '', name = '', arguments: sent } of steps) {
    if (hasResult && type !== 'tool_result') {
      iterations.push({ text: '', calls: [] });
      hasResult = false;
    }
    const last = iterations.at(-1);
    if (!last) continue;
    if (type === 'text') last.text += content;
    if (type === 'tool_call') last.calls.push({ id: callId, name, arguments: textOf(sent), result: '' });
    if (type === 'tool_result') {
      hasResult = true;
      const call = last.calls.find(({ id }) => id === callId);
      if (call) call.result = content;
    }
  }
  return iterations;
}

/** The iterations with the outputs of the client's calls, by our id of the call. */
export const withOutputs = (
  iterations: readonly PastIteration[],
  ofClient: ReadonlySet<string>,
  outputs: ReadonlyMap<string, string>,
): PastIteration[] =>
  iterations.map((past) => ({
    ...past,
    calls: past.calls.map((call) => {
      const callId = call.ownId ?? call.id;
      return ofClient.has(callId) ? { ...call, result: outputs.get(callId) ?? NO_OUTPUT } : call;
    }),
  }));
