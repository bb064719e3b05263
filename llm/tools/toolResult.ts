import { cleanText } from '../../domain/text/text.js';
import type { ToolResult } from './builtins.js';

/** The longest result, in UTF-16 code units. */
const MAX_RESULT = 64 * 1024;

/** The longest message of a failed call, in UTF-16 code units. */
const MAX_MESSAGE = 4_000;

/** The failure of a call, with a message for the model. Other errors may hold what it must not read. */
export class ToolFailed extends Error {
  override readonly name = 'ToolFailed';
}

/** A failed result that the model reads. It begins with the code. */
export const failedCall = (code: string, message: string): ToolResult => ({
  success: false,
  content: cleanText(`${code}: ${message.slice(0, MAX_MESSAGE)}`),
});

/** The result of a tool or a sub-agent, cleaned for storage; `tool_result_too_large` when it is too long. */
export function fittingResult(content: string, success = true): ToolResult {
  if (content.length > MAX_RESULT)
    return failedCall('tool_result_too_large', `The result has ${content.length} characters; ask for less.`);
  return { success, content: cleanText(content) };
}
