import { parseBounded } from '../text/boundedJson.js';
import { unkeepable } from '../text/storable.js';

/** Values, names and brackets, at most: arguments are parsed and shown again and again. */
const MAX_TOKENS = 50_000;

/** The arguments of a call as a model wrote them: an object, or why they are none, in words that the model reads. */
export type ParsedArguments = { ok: true; value: Record<string, unknown> } | { ok: false; message: string };

/** Nothing at all is how some models call a tool without parameters. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === '') return { ok: true, value: {} };
  const parsed = parseBounded(text, MAX_TOKENS);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { ok: false, message: `The arguments are not a JSON object, or hold more than ${MAX_TOKENS} values.` };
  // A tool would be called with something else than what is in the log, and what was approved.
  const fault = unkeepable(parsed);
  if (fault) return { ok: false, message: `The arguments ${fault}.` };
  return { ok: true, value: parsed as Record<string, unknown> };
}

/** The arguments as they are shown: the object that they are, or their text where they can't be used as one. */
export function shownArguments(text: string): unknown {
  if (text.trim() === '') return text;
  const parsed = parseArguments(text);
  return parsed.ok ? parsed.value : text;
}
