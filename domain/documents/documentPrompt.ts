import type { PromptMessage } from '../narrative/prompt.js';
import { allowances, cut, measure, type PromptLimits } from '../text/tokenBudget.js';

/** What a reply about a document is made from. */
export type DocumentPromptInput = {
  document: { title: string; body: string };
  /** The part that the thread is about; null for the whole. */
  anchor: { quote: string; start?: number | undefined; end?: number | undefined } | null;
  /** What was said before, by user and assistant, oldest first. */
  history: Said[];
  /** What is being answered. */
  line: Said;
};

/** `quote` is the part of the document that a user selected. */
export type Said = { role: 'user' | 'assistant'; text: string; quote: string | null };

const RULES = `You help with the document below. Answer what is asked. To change the document, propose edits as blocks of exactly this form, any number of them, anywhere in your answer:
<change><original>the text to replace</original><proposed>what is to stand there instead</proposed><reason>why</reason></change>
The original must be verbatim from the body, and long enough to occur only once. People accept or decline each block. Without a block nothing changes.`;

const MESSAGE_COST = 6;

/**
 * The prompt of a turn about a document. The rules, the line being answered and the body are within `hard`, the body
 * cut last of all; what was said before fills up what is left, the oldest going first.
 */
export function documentPrompt(input: DocumentPromptInput, limits: PromptLimits): PromptMessage[] {
  const { document, anchor } = input;
  const line = withQuote(input.line);
  const texts = [RULES, line, anchor?.quote ?? '', document.title, document.body];
  const overhead = MESSAGE_COST * 8;
  const total = Math.max(0, limits.hard - overhead);
  const measured = texts.map((text) => measure(text, limits.countTokens, total));
  const costs = measured.map(({ cost }) => cost);
  const fitted = measured.map((part, n) => cut(part, allowances(costs, total)[n] ?? 0));
  const [rules = '', answered = '', quote = '', title = '', body = ''] = fitted.map(({ text }) => text);
  const left = total - fitted.reduce((sum, { cost }) => sum + cost, 0);
  const system = [rules, quote && aboutPart(quote, anchor), `Title: ${title}`, `Body:\n${body}`].filter(Boolean);
  return [
    { role: 'system', content: system.join('\n\n') },
    ...newest(input.history, Math.min(left, limits.soft), limits),
    { role: 'user', content: answered },
  ];
}

function aboutPart(quote: string, anchor: DocumentPromptInput['anchor']): string {
  const place = anchor?.start === undefined ? '' : ` (from character ${anchor.start})`;
  return `This thread is about this part of it${place}:\n${quote}`;
}

/** A user's selection is part of what they say. */
const withQuote = ({ text, quote }: Said): string => (quote ? `> ${quote.replaceAll('\n', '\n> ')}\n\n${text}` : text);

function newest(history: Said[], room: number, { countTokens }: PromptLimits): PromptMessage[] {
  const kept: PromptMessage[] = [];
  let left = room;
  for (const said of history.toReversed()) {
    const content = withQuote(said);
    left -= measure(content, countTokens, Math.max(0, left)).cost + MESSAGE_COST;
    if (left < 0) break;
    kept.unshift({ role: said.role, content });
  }
  return kept;
}
