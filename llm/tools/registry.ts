import { BUILTIN, type BuiltinName, builtins, type ToolDescriptor } from '../../domain/agents/tools.js';
import { bounded } from '../../lib/bounded.js';
import { complaintOf } from './arguments.js';
import { runBuiltin, type ToolContext, type ToolResult } from './builtins.js';
import { failedCall, fittingResult } from './toolResult.js';

/** Tools from elsewhere: of MCP servers. `call` throws where a call fails, and ends early on its signal. */
export type OutsideTools = {
  list(): ToolDescriptor[];
  call(name: string, sent: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
};

export type ToolCall = { name: string; arguments: Record<string, unknown> };

/** All tools that this worker knows. */
export type ToolRegistry = {
  list(): ToolDescriptor[];
  /** What came of a call. Never throws: whatever goes wrong is a result that the model reads, stopped or late as well. */
  run(call: ToolCall, options: { signal: AbortSignal; context: ToolContext }): Promise<ToolResult>;
};

export function createToolRegistry(options: { outside?: OutsideTools; now?: () => Date } = {}): ToolRegistry {
  const { outside, now = () => new Date() } = options;
  const list = () => [...builtins, ...(outside?.list() ?? [])];

  async function make(tool: ToolDescriptor, call: ToolCall, context: ToolContext, signal: AbortSignal) {
    if (tool.source === BUILTIN) return runBuiltin[tool.name as BuiltinName](call.arguments, context, now());
    if (!outside) throw new Error(`${tool.source} is not there`);
    return outside.call(tool.name, call.arguments, signal);
  }

  return {
    list,
    async run(call, { signal, context }) {
      const tool = list().find(({ name }) => name === call.name);
      if (!tool) return failedCall('tool_not_found', 'There is no such tool.');
      const complaint = await complaintOf(tool, call.arguments);
      if (complaint) return failedCall('bad_arguments', complaint);
      const { signal: ended, end } = bounded(signal, tool.timeoutMs);
      try {
        const { content, success } = await Promise.race([make(tool, call, context, ended), rejection(ended)]);
        return fittingResult(content, success);
      } catch {
        if (signal.aborted) return failedCall('tool_stopped', 'The call was stopped.');
        return ended.aborted
          ? failedCall('tool_timed_out', `The tool did not answer within ${tool.timeoutMs / 1_000} s.`)
          : failedCall('tool_failed', 'The tool failed.');
      } finally {
        end();
      }
    },
  };
}

/** A tool that takes no notice of its signal is left behind. */
const rejection = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
