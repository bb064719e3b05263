import type Anthropic from '@anthropic-ai/sdk';
import { meaningOf } from '../errors/errorMeaning.js';
import { type SamplingField, type SamplingOption, samplingOptions } from './samplingOptions.js';

/** The library's types are of a later version of the API, which has no such options. */
export type Body = Anthropic.MessageCreateParams & { [Field in SamplingField]?: number };

/** What a model of a server does not accept of a request. An empty object: it accepts everything. */
export type ModelFacts = { [Option in SamplingOption]?: 'none' } & {
  /** How it is asked to reason: by its own choice of how much, or not at all. Left out: with a budget of tokens. */
  thinking?: 'adaptive' | 'none';
  /** The most tokens that it gives. */
  maxTokens?: number;
  /** It takes no marks for its cache. */
  cache?: 'none';
  /** Which images it takes; left out: all. `new`: those of the message that is answered. */
  images?: 'new' | 'none';
  /** It can't be forced to call a tool. */
  toolChoice?: 'auto';
};

/** `lasting`: whether it holds for every request of the model. */
export type Lesson = { facts: ModelFacts; lasting: boolean };

type Rule = (message: string, body: Body) => Lesson | null;

const lasting = (facts: ModelFacts): Lesson => ({ facts, lasting: true });
const once = (facts: ModelFacts): Lesson => ({ facts, lasting: false });

/** What a refusal says, the most specific first. Each rule applies only to what the request has. */
const rules: Rule[] = [
  // The prompt leaves less room than was asked for: "input length and `max_tokens` exceed context limit: 190 + 32 > 200".
  (message) => {
    const [, prompt, , limit] = /(\d{1,10}) \+ (\d{1,10}) > (\d{1,10})/.exec(message) ?? [];
    const room = Number(limit) - Number(prompt);
    return /context limit/i.test(message) && room >= MIN_ROOM ? once({ maxTokens: room }) : null;
  },
  // "max_tokens: 32000 > 8192, which is the maximum", "the valid range of max_tokens is [1, 8192]".
  (message, { max_tokens }) => {
    if (!/max_tokens/i.test(message) || /context limit/i.test(message)) return null;
    const most = Math.max(0, ...(message.match(/\b\d{3,7}\b/g) ?? []).map(Number).filter((n) => n < max_tokens));
    return most >= MIN_ROOM ? lasting({ maxTokens: most }) : null;
  },
  // Blocks of reasoning that the server did not make, or that are missing.
  (message, { thinking }) =>
    thinking && /signature|expected `?(thinking|redacted_thinking)/i.test(message) ? once({ thinking: 'none' }) : null,
  (message, { thinking }) =>
    thinking?.type === 'enabled' && /thinking/i.test(message) && /adaptive/i.test(message)
      ? lasting({ thinking: 'adaptive' })
      : null,
  (message, { thinking }) =>
    thinking && /thinking|budget_tokens/i.test(message) ? lasting({ thinking: 'none' }) : null,
  (message, body) => {
    const text = message.toLowerCase();
    const refused = samplingOptions.find(({ field }) => body[field] !== undefined && text.includes(field));
    return refused ? lasting({ [refused.option]: 'none' }) : null;
  },
  (message, { tool_choice }) =>
    tool_choice?.type === 'tool' && /tool_choice/i.test(message) ? lasting({ toolChoice: 'auto' }) : null,
  (message, body) => {
    if (!hasImages(body)) return null;
    const meaning = meaningOf({ message }, 400);
    if (meaning === 'images_unsupported') return lasting({ images: 'none' });
    return meaning === 'image_refused' ? once({ images: 'new' }) : null;
  },
  (message) => (/cache_control/i.test(message) ? lasting({ cache: 'none' }) : null),
  // Tried last: an image in the history must not stop a chat for good.
  (_, body) => (hasImages({ ...body, messages: body.messages.slice(0, -1) }) ? once({ images: 'new' }) : null),
];

const hasImages = ({ messages }: Body): boolean =>
  messages.some(({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'image'));

/** The least room for a reply, in tokens. With less the prompt is too long. */
const MIN_ROOM = 256;
const MAX_MESSAGE = 4_000;

export type Refusal = { status: number | undefined; message: unknown };

/** What a refusal of `body` teaches; null if nothing that another request could change. */
export function lessonOf(refusal: Refusal, body: Body): Lesson | null {
  const text = textOf(refusal);
  if (text === null) return null;
  for (const rule of rules) {
    const lesson = rule(text, body);
    if (lesson) return lesson;
  }
  return null;
}

/** The fact that was learnt before and that the refusal is about: the model has changed. Null where there is none. */
export function outdatedBy(refusal: Refusal, { thinking, toolChoice }: ModelFacts): keyof ModelFacts | null {
  const text = textOf(refusal) ?? '';
  if (thinking === 'adaptive' && /thinking/i.test(text) && /adaptive/i.test(text)) return 'thinking';
  return toolChoice === 'auto' && /tool_choice/i.test(text) ? 'toolChoice' : null;
}

const textOf = ({ status, message }: Refusal): string | null =>
  (status === 400 || status === 422) && typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : null;
