import { createCodeSpans } from './codeSpans.js';
import { lengthOfBeginning, loneEnds, tags } from './thinkTags.js';

/**
 * Finds the end of a block that has no beginning. `certain`: how much of the text comes before it, or can not be a part of
 * it. `end`: where it ends, null where there is none.
 */
export type LoneEnd = { find(text: string): { certain: number; end: number | null } };

/**
 * A text that has mentioned the beginning of a block, or has its end in quotes or in code, is about tags. Takes linear time.
 * `earlier`: text in which there is no such end.
 */
export function createLoneEnd(earlier: string): LoneEnd {
  let isAboutTags = false;
  const code = createCodeSpans();
  /** The end of the text before, in which the beginning of a block may begin. */
  let before = '';

  function find(text: string) {
    if (!/[<[◁]/.test(before + text)) return passOn(text, text.length);
    const { at, end } = firstEnd(text);
    const seen = before + text.slice(0, at ?? text.length);
    isAboutTags ||= tags.some(({ open }) => seen.includes(open));
    if (isAboutTags) return { certain: text.length, end: null };
    if (at !== null) {
      const isQuoted = isQuote(seen.slice(-1));
      // The next character tells a mention from thinking that ends with quotes.
      if (isQuoted && end === text.length) return passOn(text, at);
      code.push(text.slice(0, at));
      isAboutTags = code.isWithin() || (isQuoted && isQuote(text.charAt(end)));
      return isAboutTags ? { certain: text.length, end: null } : { certain: at, end };
    }
    return passOn(text, text.length - Math.max(...loneEnds.map((tag) => lengthOfBeginning(text, tag))));
  }

  function passOn(text: string, certain: number) {
    const passed = text.slice(0, certain);
    before = (before + passed).slice(-MAX_TAG);
    code.push(passed);
    return { certain, end: null };
  }

  if (earlier !== '') {
    const { certain, end } = find(earlier);
    if (end === null) passOn(earlier.slice(certain), earlier.length - certain);
    else isAboutTags = true;
  }
  return { find };
}

const MAX_TAG = 16;

const isQuote = (text: string): boolean => /^["'`“”‘’]$/.test(text);

function firstEnd(text: string): { at: number; end: number } | { at: null; end: 0 } {
  const found = loneEnds
    .map((tag) => ({ at: text.indexOf(tag), end: text.indexOf(tag) + tag.length }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  return found[0] ?? { at: null, end: 0 };
}
