import { cleanText } from '../../domain/text/text.js';
import type { ToolResult } from './builtins.js';

/** A result longer than this, in UTF-16 code units, is none: no model could read it. */
const MAX_RESULT = 64 * 1024;

/** A failure that the model reads, beginning with its code. */
export const failedCall = (code: string, message: string): ToolResult => ({
  success: false,
  content: `${code}: ${message}`,
});

/** What a tool or a sub-agent answered, as it can be stored and read; `tool_result_too_large` where it is too long. */
export function fittingResult(content: string, success = true): ToolResult {
  if (content.length > MAX_RESULT)
    return failedCall('tool_result_too_large', `The result has ${content.length} characters; ask for less.`);
  return { success, content: cleanText(content) };
}
