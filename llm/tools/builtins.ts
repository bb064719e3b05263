import type { BuiltinName } from '../../domain/agents/tools.js';
import { BadExpression, calculate } from './calculate.js';

/** The result of a call, as the model reads it. */
export type ToolResult = { success: boolean; content: string };

/** What tools can do in their chat. Each function throws, or gives what the model reads. */
export type ToolContext = {
  searchMemories(query: string): Promise<unknown>;
  searchMessages(query: string): Promise<unknown>;
  /** Null when the chat has no document. */
  readDocument(): Promise<unknown>;
  proposeEdit(edit: { original: string; proposed: string; reason: string }): Promise<ToolResult>;
};

type Run = (sent: Record<string, unknown>, context: ToolContext, now: Date) => Promise<ToolResult>;

const found = (value: unknown): ToolResult => ({ success: true, content: JSON.stringify(value) });
const failed = (content: string): ToolResult => ({ success: false, content });

/** The built-in tools. Their arguments are already checked against their schemas. */
export const runBuiltin: Record<BuiltinName, Run> = {
  async calculate({ expression }) {
    try {
      const value = calculate(String(expression));
      if (Number.isNaN(value)) return failed('bad_expression: the expression has no value');
      return { success: true, content: String(value) };
    } catch (error) {
      if (error instanceof BadExpression) return failed(`bad_expression: ${error.message}`);
      throw error;
    }
  },
  async current_time({ timeZone = 'UTC' }, _context, now) {
    try {
      const local = new Intl.DateTimeFormat('en-GB', {
        dateStyle: 'full',
        timeStyle: 'long',
        timeZone: String(timeZone),
      });
      return found({ utc: now.toISOString(), local: local.format(now), timeZone });
    } catch {
      return failed('bad_time_zone: unknown time zone');
    }
  },
  search_memories: async ({ query }, context) => found(await context.searchMemories(String(query))),
  search_messages: async ({ query }, context) => found(await context.searchMessages(String(query))),
  async read_document(_sent, context) {
    const document = await context.readDocument();
    return document ? found(document) : failed('no_document: this chat has no document');
  },
  propose_edit: ({ original, proposed, reason }, context) =>
    context.proposeEdit({ original: String(original), proposed: String(proposed), reason: String(reason) }),
  delegate: async () => failed('not_here: a sub-agent can not start another sub-agent'),
};
