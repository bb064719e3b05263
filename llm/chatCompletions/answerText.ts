import { parseBounded } from '../../domain/text/boundedJson.js';
import { separate } from '../thinkBlocks.js';

/** Prose around a fence, in UTF-16 code units: a sentence or two. In a longer text a fence may be a draft. */
const MAX_AROUND = 1_000;

/**
 * The JSON that a model wrote as its answer: alone, behind a block of thinking, or in a single fence with a sentence around
 * it. Null where there is none. Nothing is repaired: what is within must be JSON as it stands.
 */
export function jsonAnswer(text: string): string | null {
  const whole = text.trim();
  if (isJson(whole)) return whole;
  const answer = separate(whole).text.trim();
  if (isJson(answer)) return answer;
  const fenced = inFence(answer);
  return fenced !== null && isJson(fenced) ? fenced : null;
}

const isJson = (text: string): boolean => parseBounded(text) !== undefined;

const FENCE = '```';

/** The content of the only fence; null without one, or with more. It may lack its end. */
function inFence(text: string): string | null {
  const open = text.indexOf(FENCE);
  if (open < 0) return null;
  // The word behind the fence is the name of the language.
  const word = /^[a-z0-9]{0,10}/i.exec(text.slice(open + FENCE.length, open + FENCE.length + 10))?.[0] ?? '';
  const begin = open + FENCE.length + word.length;
  const close = text.indexOf(FENCE, begin);
  const end = close < 0 ? text.length : close;
  const after = close < 0 ? '' : text.slice(close + FENCE.length);
  const isOnly = !after.includes(FENCE) && open + after.length <= MAX_AROUND;
  return isOnly ? text.slice(begin, end).trim() : null;
}
