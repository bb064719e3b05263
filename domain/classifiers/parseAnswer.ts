import { parseBounded } from '../text/boundedJson.js';
import type { Classifier, ClassifierCall, TurnContext } from './classifier.js';

/** Longer than any answer that its schema lets through, in UTF-16 code units. */
const MAX_ANSWER = 512 * 1024;

/** Why an answer can't be used. Never more than this: the answer itself is prose. */
type BadAnswer = 'too_large' | 'not_json' | 'breaks_schema';

export type ParsedAnswer = { ok: true; answer: unknown } | { ok: false; reason: BadAnswer };

/** Reads a classifier's answer, whatever the model sent. An answer that is let through can be applied and stored. */
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
