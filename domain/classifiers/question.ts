import type { PromptMessage } from '../narrative/prompt.js';
import { allowances, cut, cutStart, measure, type PromptLimits } from '../text/tokenBudget.js';

/** A part of a question. It is cut at its end; with `keep: 'end'`, at its beginning. */
export type Part = string | { text: string; keep: 'end' };

/** `task`: the instruction. `about`: the material to judge; the last part is the most valuable. */
export type Question = { task: string; about: Part[] };

/** Overhead of the messages, and of each part, in tokens. Estimates that are rather too high than too low. */
const MESSAGES_COST = 12;
const PART_COST = 3;

/** A token stands for at least one byte, and a code unit is at most three bytes of UTF-8. */
const MOST_TOKENS_PER_UNIT = 3;

/** The messages of a question, cut to the hard limit if there is one. Takes linear time. */
export function toMessages(
  { task, about }: Question,
  limits?: Pick<PromptLimits, 'hard' | 'countTokens'>,
): PromptMessage[] {
  const parts = limits ? fitParts(task, about, limits) : about.map(textOf);
  return [
    { role: 'system', content: task },
    { role: 'user', content: parts.filter(Boolean).join('\n\n') },
  ];
}

function fitParts(
  task: string,
  about: Part[],
  { hard, countTokens }: Pick<PromptLimits, 'hard' | 'countTokens'>,
): string[] {
  const overhead = MESSAGES_COST + PART_COST * about.length;
  const texts = about.map(textOf);
  // Counting a short question costs more than all else that is done for it.
  const units = texts.reduce((sum, text) => sum + text.length, task.length);
  if (MOST_TOKENS_PER_UNIT * units + overhead <= hard) return texts;
  const total = Math.max(0, hard - countTokens(task) - overhead);
  const measured = about.map((part) =>
    measure(textOf(part), countTokens, typeof part === 'string' ? total : Number.POSITIVE_INFINITY),
  );
  const allowed = allowances(measured.map(({ cost }) => cost).reverse(), total).reverse();
  return measured.map((part, n) => {
    const shorten = typeof about[n] === 'string' ? cut : cutStart;
    return shorten(part, allowed[n] ?? 0).text;
  });
}

const textOf = (part: Part): string => (typeof part === 'string' ? part : part.text);
