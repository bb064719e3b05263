import type { MarkdownIt } from 'markdown-it';

/** Longer formulas are shown as text: a formula is laid out in one piece. In UTF-16 code units. */
const maxLength = 4_000;

type Delimiters = { open: string; close: string; display: boolean };

/** In the order in which they are tried: `$$` before `$`. */
const delimiters: readonly Delimiters[] = [
  { open: '$$', close: '$$', display: true },
  { open: '\\[', close: '\\]', display: true },
  { open: '\\(', close: '\\)', display: false },
  { open: '$', close: '$', display: false },
];

/** A formula within a text, from `start` on. `end`: the offset after its closing delimiter. */
export type Formula = { tex: string; display: boolean; end: number };

/**
 * The formula that starts at an offset; null where none does. Between single dollars neither the first nor the last
 * character is a space, and no digit follows: "$5 and $10" are prices.
 */
export function formulaAt(text: string, start: number): Formula | null {
  const found = delimiters.find(({ open }) => text.startsWith(open, start));
  if (!found) return null;
  const { open, close, display } = found;
  const from = start + open.length;
  const to = closeOf(text, from, close);
  if (to < 0) return null;
  const tex = text.slice(from, to);
  if (tex.trim() === '' || (open === '$' && !isBetweenDollars(tex, text[to + 1]))) return null;
  return { tex: tex.trim(), display, end: to + close.length };
}

function closeOf(text: string, from: number, close: string): number {
  const until = Math.min(text.length, from + maxLength);
  for (let at = from; at < until; at++) {
    if (text.startsWith(close, at)) return at;
    if (text[at] === '\\') at++; // an escaped dollar does not close
  }
  return -1;
}

const isBetweenDollars = (tex: string, next = ''): boolean => !/^\s|\s$|\n|`/.test(tex) && !/\d/.test(next);

/** Adds formulas to a parser: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` as blocks of their own. */
export function addMath(markdown: MarkdownIt): void {
  markdown.inline.ruler.before('escape', 'math', (state, silent) => {
    const formula = formulaAt(state.src, state.pos);
    if (!formula) return false;
    if (!silent) {
      const token = state.push(formula.display ? 'math_display' : 'math', '', 0);
      token.content = formula.tex;
    }
    state.pos = formula.end;
    return true;
  });
  markdown.block.ruler.before(
    'fence',
    'math_block',
    (state, startLine, endLine, silent) => {
      const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
      if (!/^(?:\$\$|\\\[)/.test(state.src.slice(start, start + 2))) return false;
      const formula = formulaAt(state.src, start);
      if (!formula) return false;
      const lastLine = lineOf(state.eMarks, formula.end, startLine, endLine);
      // A formula with text after it is part of a paragraph.
      if (lastLine < 0 || state.src.slice(formula.end, state.eMarks[lastLine]).trim() !== '') return false;
      if (silent) return true;
      const token = state.push('math_display', '', 0);
      token.content = formula.tex;
      token.map = [startLine, lastLine + 1];
      state.line = lastLine + 1;
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] },
  );
}

/** The line that an offset is in; -1 where it is in none of the block's. */
function lineOf(ends: readonly number[], offset: number, from: number, to: number): number {
  for (let line = from; line < to; line++) if ((ends[line] ?? 0) >= offset) return line;
  return -1;
}
