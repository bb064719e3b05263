import { parseBounded } from '../text/boundedJson.js';
import { unstorableReason } from '../text/storable.js';

/** The largest number of values, names and brackets: arguments are parsed and shown many times. */
const MAX_TOKENS = 50_000;

/** The parsed arguments of a call, or an error message for the model. */
export type ParsedArguments = { ok: true; value: Record<string, unknown> } | { ok: false; message: string };

/** Parses the arguments of a call. Empty text is an empty object: some models send it to tools without parameters. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === '') return { ok: true, value: {} };
  const parsed = parseBounded(text, MAX_TOKENS);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { ok: false, message: `The arguments are not a JSON object, or hold more than ${MAX_TOKENS} values.` };
  // Otherwise the tool would get other arguments than those that are logged and approved.
  const fault = unstorableReason(parsed);
  if (fault) return { ok: false, message: `The arguments ${fault}.` };
  return { ok: true, value: parsed as Record<string, unknown> };
}

/** The arguments as people see them: the parsed object, or the raw text if they are invalid. */
export function shownArguments(text: string): unknown {
  if (text.trim() === '') return text;
  const parsed = parseArguments(text);
  return parsed.ok ? parsed.value : text;
}
