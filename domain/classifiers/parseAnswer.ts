import { parseBounded } from '../text/boundedJson.js';
import type { Classifier, ClassifierCall, TurnContext } from './classifier.js';

/** Longer than any answer that a schema accepts, in UTF-16 code units. */
const MAX_ANSWER = 512 * 1024;

/** Why an answer can not be used. Only a code, because the answer is prose. */
type BadAnswer = 'too_large' | 'not_json' | 'breaks_schema';

export type ParsedAnswer = { ok: true; answer: unknown } | { ok: false; reason: BadAnswer };

/** Parses the text that a model sent as a classifier's answer. An accepted answer can be applied and stored. */
export function parseAnswer(
  classifier: Classifier,
  context: TurnContext,
  call: ClassifierCall,
  raw: string,
): ParsedAnswer {
  if (raw.length > MAX_ANSWER) return { ok: false, reason: 'too_large' };
  const json = parseBounded(raw);
  if (json === undefined) return { ok: false, reason: 'not_json' };
  const parsed = classifier.answer(context, call).safeParse(json);
  return parsed.success ? { ok: true, answer: parsed.data } : { ok: false, reason: 'breaks_schema' };
}
