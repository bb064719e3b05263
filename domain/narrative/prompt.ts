import { allowances, cut, measure, type PromptLimits, type Shorten, takeInTurns } from '../text/tokenBudget.js';
import type { Edge } from './edge.js';
import { type Person, YOU } from './participants.js';
import { goOn, knowledge, message, role } from './promptText.js';
import { type ClosedScene, type Memory, recall } from './recall.js';

export type { PromptLimits } from '../text/tokenBudget.js';
export type { ClosedScene, Memory } from './recall.js';

/** A message as providers take it. */
export type PromptMessage = { role: 'system' | 'user' | 'assistant'; content: string };

/** What was said, by `you` or a character; out-of-character text is stripped. */
export type SpokenLine = { speakerId: string; text: string };

/** What a narrative reply is made from: the chat as its turn sees it. Texts hold no out-of-character remarks. */
export type PromptInput = {
  speakerId: string;
  /** 0 answers the user; 1 is the other character cutting in. */
  beat: number;
  userTurnSeq: number;
  you: Person;
  host: Person;
  guest: Person | null;
  /** The line being answered; empty if it was all out of character. */
  prose: string;
  /** What has been said in this turn already: nothing at beat 0, the first beat at beat 1. */
  beats: SpokenLine[];
  /** What was said before the line being answered, oldest first. */
  dialogue: SpokenLine[];
  scene: { container: string } | null;
  edges: Edge[];
  storyEvents: { title: string; description: string; status: string }[];
  remembered: Memory[];
  closedScenes: ClosedScene[];
};

/** How many lines of dialogue a prompt looks back on. */
export const DIALOGUE_LINES = 20;

/** What a message costs beyond its text, and what a part of one does: estimates to the safe side, in tokens. */
const MESSAGE_COST = 6;
const PART_COST = 3;
const TITLE_COST = 12;
/** No line of dialogue and no memory takes more than this share of the soft limit. */
const LARGEST_SHARE = 4;

const REMEMBERED = 'What you remember, the most important first:';

/**
 * The prompt of one beat. What is needed is within `hard`, cut if need be; memories and dialogue fill up what
 * `soft` leaves, so that the least valuable and the oldest go first. Takes time linear in the texts' lengths.
 */
export function narrativePrompt(input: PromptInput, limits: PromptLimits): PromptMessage[] {
  const needed = fitNeeded(input, limits);
  const { memories, dialogue } = fitOptional(input, limits, needed.cost);
  const system = [...needed.system, ...(memories.length > 0 ? [REMEMBERED, ...memories] : [])];
  return [{ role: 'system' as const, content: system.join('\n\n') }, ...dialogue, ...needed.lines].filter(
    ({ content }) => content !== '',
  );
}

/** What is kept for memories and dialogue even beyond the soft limit: nobody answers without the line before. */
const reserve = ({ soft, hard }: Pick<PromptLimits, 'soft' | 'hard'>) => Math.floor(Math.min(soft, hard) / 6);

/** Who speaks, what is answered, and what the speaker knows, cut to the hard limit. */
function fitNeeded(input: PromptInput, limits: PromptLimits) {
  const lines = newLines(input);
  const texts = [role(input), ...lines.map(({ content }) => content), ...knowledge(input)];
  const overhead = MESSAGE_COST * (lines.length + 1) + PART_COST * texts.length;
  const total = Math.max(0, limits.hard - reserve(limits) - overhead);
  const measured = texts.map((text) => measure(text, limits.countTokens, total));
  const allowed = allowances(
    measured.map(({ cost }) => cost),
    total,
  );
  const fitted = measured.map((part, n) => cut(part, allowed[n] ?? 0));
  const [first, ...rest] = fitted.map(({ text }) => text);
  return {
    system: [first ?? '', ...rest.slice(lines.length)].filter(Boolean),
    lines: lines.map((line, n) => ({ ...line, content: rest[n] ?? '' })),
    cost: overhead + fitted.reduce((sum, { cost }) => sum + cost, 0),
  };
}

/** The line being answered. One that was all out of character leaves nothing of the user in the prompt. */
function newLines(input: PromptInput): PromptMessage[] {
  const said = input.prose ? [{ speakerId: YOU, text: input.prose }] : [];
  const lines: PromptMessage[] = [...said, ...input.beats].map((line) => message(input, line));
  return lines.length > 0 ? lines : [{ role: 'system', content: goOn(input) }];
}

/** The newest dialogue and the most valuable memories, taken in turns while there is room. */
function fitOptional(input: PromptInput, { soft, hard, countTokens }: PromptLimits, spent: number) {
  const room = Math.min(hard - spent, Math.max(soft - spent, reserve({ soft, hard })));
  const largest = Math.floor(soft / LARGEST_SHARE);
  const shorten: Shorten = (text, allowance) => cut(measure(text, countTokens, largest), Math.min(largest, allowance));
  const known = { memories: input.remembered, closedScenes: input.closedScenes, beforeSeq: input.userTurnSeq };
  const said = input.dialogue.slice(-DIALOGUE_LINES).map((line) => message(input, line));
  const texts = said.map(({ content }) => content).reverse();
  const [lines, memories] = takeInTurns([texts, recall(input.speakerId, known)], room - TITLE_COST, shorten);
  const kept = said.slice(said.length - lines.length);
  return { memories, dialogue: kept.map((line, n) => ({ ...line, content: lines.at(-1 - n) ?? '' })) };
}
