import type { BuiltinName } from '../../domain/agents/tools.js';
import { BadExpression, calculate } from './calculate.js';

/** What came of a call, as the model reads it. */
export type ToolResult = { success: boolean; content: string };

/** What tools can do to the chat that they are called in. Each throws, or answers with what the model reads. */
export type ToolContext = {
  searchMemories(query: string): Promise<unknown>;
  searchMessages(query: string): Promise<unknown>;
  /** Null where the chat has no document. */
  readDocument(): Promise<unknown>;
  proposeEdit(edit: { original: string; proposed: string; reason: string }): Promise<ToolResult>;
};

type Run = (sent: Record<string, unknown>, context: ToolContext, now: Date) => Promise<ToolResult>;

const found = (value: unknown): ToolResult => ({ success: true, content: JSON.stringify(value) });
const failed = (content: string): ToolResult => ({ success: false, content });

/** What the built-in tools do. Their arguments were checked against their schemas. */
export const runBuiltin: Record<BuiltinName, Run> = {
  async calculate({ expression }) {
    try {
      const value = calculate(String(expression));
      if (Number.isNaN(value)) return failed('bad_expression: It has no value.');
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
      return failed('bad_time_zone: There is no such time zone.');
    }
  },
  search_memories: async ({ query }, context) => found(await context.searchMemories(String(query))),
  search_messages: async ({ query }, context) => found(await context.searchMessages(String(query))),
  async read_document(_sent, context) {
    const document = await context.readDocument();
    return document ? found(document) : failed('no_document: This chat has no document.');
  },
  propose_edit: ({ original, proposed, reason }, context) =>
    context.proposeEdit({ original: String(original), proposed: String(proposed), reason: String(reason) }),
  delegate: async () => failed('not_here: A sub-agent can not begin another.'),
};
