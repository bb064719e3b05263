import { BUILTIN, type BuiltinName, builtins, type ToolDescriptor } from '../../domain/agents/tools.js';
import { bounded } from '../../lib/bounded.js';
import { argumentError } from './arguments.js';
import { runBuiltin, type ToolContext, type ToolResult } from './builtins.js';
import { failedCall, fittingResult, ToolFailed } from './toolResult.js';

/**
 * Tools of MCP servers. `call` throws when the call fails, a `ToolFailed` where the model may read why, and stops when the
 * signal is aborted.
 */
export type OutsideTools = {
  list(): ToolDescriptor[];
  call(name: string, sent: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
};

export type ToolCall = { name: string; arguments: Record<string, unknown> };

/** All tools of this worker. */
export type ToolRegistry = {
  list(): ToolDescriptor[];
  /** Runs a call. Never throws: every failure, a stop and a timeout too, is a result that the model reads. */
  run(call: ToolCall, options: { signal: AbortSignal; context: ToolContext }): Promise<ToolResult>;
};

export function createToolRegistry(options: { outside?: OutsideTools; now?: () => Date } = {}): ToolRegistry {
  const { outside, now = () => new Date() } = options;
  const list = () => [...builtins, ...(outside?.list() ?? [])];

  async function make(tool: ToolDescriptor, call: ToolCall, context: ToolContext, signal: AbortSignal) {
    if (tool.source === BUILTIN) return runBuiltin[tool.name as BuiltinName](call.arguments, context, now());
    if (!outside) throw new Error(`there is no ${tool.source}`);
    return outside.call(tool.name, call.arguments, signal);
  }

  return {
    list,
    async run(call, { signal, context }) {
      const tool = list().find(({ name }) => name === call.name);
      if (!tool) return failedCall('tool_not_found', 'No such tool.');
      const problem = await argumentError(tool, call.arguments);
      if (problem) return failedCall('bad_arguments', problem);
      const { signal: ended, end } = bounded(signal, tool.timeoutMs);
      try {
        const { content, success } = await Promise.race([make(tool, call, context, ended), rejection(ended)]);
        return fittingResult(content, success);
      } catch (error) {
        if (signal.aborted) return failedCall('tool_stopped', 'The call was stopped.');
        if (ended.aborted)
          return failedCall('tool_timed_out', `The tool did not answer within ${tool.timeoutMs / 1_000} s.`);
        return failedCall('tool_failed', error instanceof ToolFailed ? error.message : 'The tool failed.');
      } finally {
        end();
      }
    },
  };
}

/** Rejects when the signal is aborted, so that a tool that ignores the signal is abandoned. */
const rejection = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
