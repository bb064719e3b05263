import { type AttachedPart, fitAttachments, type PromptAttachment } from '../attachments/promptAttachments.js';
import type { PromptMessage } from '../narrative/prompt.js';
import { allowances, cut, measure, type PromptLimits } from '../text/tokenBudget.js';
import type { Anchor } from './anchor.js';

/** What the prompt of a reply about a document is built from. */
export type DocumentPromptInput = {
  document: { title: string; body: string };
  /** The part that the thread is about; null for the whole document. */
  anchor: Anchor | null;
  /** Earlier messages, oldest first. */
  history: ThreadMessage[];
  /** The message that is answered. */
  line: ThreadMessage;
};

/** `quote` is the part of the document that a user selected. */
export type ThreadMessage = {
  role: 'user' | 'assistant';
  text: string;
  quote: string | null;
  attachments?: readonly PromptAttachment[] | undefined;
};

const RULES = `You help with the document below. Answer what is asked. To change the document, propose edits as blocks of exactly this form, any number of them, anywhere in your answer:
<change><original>the text to replace</original><proposed>what is to stand there instead</proposed><reason>why</reason></change>
The original must be verbatim from the body, and long enough to occur only once; it is empty only to begin a document without text. People accept or decline each block. Without a block nothing changes.`;

const MESSAGE_COST = 6;

/**
 * The prompt of a turn about a document. The rules, the message that is answered, the quote, the title and the body fit
 * into `hard`; the body is cut first if necessary. Earlier messages fill what remains; the oldest are left out first.
 */
export function documentPrompt(input: DocumentPromptInput, given: PromptLimits): PromptMessage[] {
  const { document, anchor } = input;
  const all = [...input.history, input.line];
  const { parts, limits } = fitAttachments(
    all.map(({ attachments }) => attachments),
    given,
  );
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
    ...newest(input.history, Math.min(left, limits.soft), limits, parts),
    { role: 'user', content: answered, ...attachedOf(parts.at(-1)) },
  ];
}

function aboutPart(quote: string, anchor: DocumentPromptInput['anchor']): string {
  const place = anchor?.start === undefined ? '' : ` (from character ${anchor.start})`;
  return `This thread is about this part of it${place}:\n${quote}`;
}

/** The text of a message, after the user's selection as a Markdown quote. */
const withQuote = ({ text, quote }: ThreadMessage): string =>
  quote ? `> ${quote.replaceAll('\n', '\n> ')}\n\n${text}` : text;

const attachedOf = (attached: readonly AttachedPart[] = []) => (attached.length > 0 ? { attached } : {});

/** The newest messages that fit into `room` tokens. */
function newest(
  history: ThreadMessage[],
  room: number,
  { countTokens }: PromptLimits,
  parts: readonly AttachedPart[][],
): PromptMessage[] {
  const kept: PromptMessage[] = [];
  let left = room;
  for (const [n, earlier] of [...history.entries()].reverse()) {
    const content = withQuote(earlier);
    left -= measure(content, countTokens, Math.max(0, left)).cost + MESSAGE_COST;
    if (left < 0) break;
    kept.unshift({ role: earlier.role, content, ...attachedOf(parts[n]) });
  }
  return kept;
}
