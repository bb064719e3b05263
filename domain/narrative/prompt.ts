import { type AttachedPart, fitAttachments, type PromptAttachment } from '../attachments/promptAttachments.js';
import {
  allowances,
  type CountTokens,
  cut,
  measure,
  type PromptLimits,
  type Shorten,
  takeInTurns,
} from '../text/tokenBudget.js';
import { type Lore, recallLore } from './cards/lorebook.js';
import type { SpeakerCard } from './cards/speakerCard.js';
import type { Edge } from './edge.js';
import { type Person, YOU } from './participants.js';
import { continueScene, exampleDialogue, knowledge, loreNames, message, postHistory, role } from './promptText.js';
import { type ClosedScene, type Memory, recall } from './recall.js';

export type { PromptLimits } from '../text/tokenBudget.js';
export type { ClosedScene, Memory } from './recall.js';

/** A message as providers take it. `attached`: what a user's message has beside its text. */
export type PromptMessage = {
  role: 'system' | 'user' | 'assistant';
  content: string;
  attached?: readonly AttachedPart[];
};

/** A line of `you` or of a character, without out-of-character text. */
export type SpokenLine = { speakerId: string; text: string; attachments?: readonly PromptAttachment[] | undefined };

/**
 * The state of the chat that the prompt of a narrative reply is built from. Texts contain no out-of-character remarks.
 */
export type PromptInput = {
  speakerId: string;
  /** 0 answers the user; 1 is the interjection of the other character. */
  beat: number;
  userTurnSeq: number;
  you: Person;
  host: Person;
  guest: Person | null;
  /** The user's line that is answered; empty if all of it is out of character. */
  prose: string;
  /** What the user attached to that line. */
  attachments?: readonly PromptAttachment[] | undefined;
  /** The earlier beats of this turn: none at beat 0, the first beat at beat 1. */
  beats: SpokenLine[];
  /** The lines before the one that is answered, oldest first. */
  dialogue: SpokenLine[];
  scene: { container: string } | null;
  edges: Edge[];
  storyEvents: { title: string; description: string; status: string }[];
  remembered: Memory[];
  closedScenes: ClosedScene[];
  /** What the speaker's card adds; absent where the speaker was not imported. */
  card?: SpeakerCard | null;
  /**
   * Where the speaker is the user, whose message a model writes: the instruction which part it plays, and the one after
   * the last line. `about` takes the place of what a character knows.
   */
  written?: { role: string; last: string; about?: string[] };
};

/** How many lines of earlier dialogue a prompt contains at most. */
export const DIALOGUE_LINES = 20;

/** Overhead of a message, and of a part of one, in tokens. Estimates that are rather too high than too low. */
const MESSAGE_COST = 6;
const PART_COST = 3;
const TITLE_COST = 12;
/** No line of dialogue and no memory takes more than this share of the soft limit. */
const LARGEST_SHARE = 4;

/** The share of the optional parts that a lorebook may take. */
const LORE_SHARE = 3;

const REMEMBERED = 'What you remember, the most important first:';

/**
 * The prompt of one beat. The required parts fit into `hard` and are cut if necessary. Lore, memories and dialogue fill
 * what remains of `soft`; the least valuable and the oldest are left out first. Example dialogue gets what they leave.
 * Takes linear time.
 */
export function narrativePrompt(input: PromptInput, given: PromptLimits): PromptMessage[] {
  const last = input.dialogue.slice(-DIALOGUE_LINES);
  const { parts, limits } = fitAttachments(
    [...last, input].map(({ attachments }) => attachments),
    given,
  );
  const needed = fitNeeded(input, limits, parts.at(-1) ?? []);
  const { lore, memories, dialogue, examples } = fitOptional(input, limits, needed.cost, parts);
  const system = [
    needed.role,
    ...lore.before,
    needed.persona,
    ...lore.after,
    ...needed.knowledge,
    ...(memories.length > 0 ? [REMEMBERED, ...memories] : []),
    ...examples,
  ].filter(Boolean);
  return [{ role: 'system' as const, content: system.join('\n\n') }, ...dialogue, ...needed.lines].filter(
    ({ content }) => content !== '',
  );
}

/** Tokens reserved for memories and dialogue even beyond the soft limit: a reply needs at least the line before. */
const reserve = ({ soft, hard }: Pick<PromptLimits, 'soft' | 'hard'>) => Math.floor(Math.min(soft, hard) / 6);

/** The required parts, cut to the hard limit: the role, the lines to answer, and what the speaker knows. */
function fitNeeded(input: PromptInput, limits: PromptLimits, attached: AttachedPart[]) {
  const lines = newLines(input, attached);
  const { persona, others } = knowledge(input);
  const texts = [role(input), ...lines.map(({ content }) => content), persona, ...others];
  const overhead = MESSAGE_COST * (lines.length + 1) + PART_COST * texts.length;
  const total = Math.max(0, limits.hard - reserve(limits) - overhead);
  const measured = texts.map((text) => measure(text, limits.countTokens, total));
  const allowed = allowances(
    measured.map(({ cost }) => cost),
    total,
  );
  const fitted = measured.map((part, n) => cut(part, allowed[n] ?? 0));
  const [first = '', ...rest] = fitted.map(({ text }) => text);
  const [fittedPersona = '', ...fittedOthers] = rest.slice(lines.length);
  return {
    role: first,
    persona: fittedPersona,
    knowledge: fittedOthers,
    lines: lines.map((line, n) => ({ ...line, content: rest[n] ?? '' })),
    cost: overhead + fitted.reduce((sum, { cost }) => sum + cost, 0),
  };
}

/** The lines to answer. If the user's line is all out of character, an instruction to continue replaces it. */
function newLines(input: PromptInput, attached: AttachedPart[]): PromptMessage[] {
  const prose = input.prose || (attached.length > 0 ? SHOWN : '');
  const said = prose ? [withAttached(message(input, { speakerId: YOU, text: prose }), attached)] : [];
  const lines: PromptMessage[] = [...said, ...input.beats.map((line) => message(input, line))];
  const last = postHistory(input);
  return [
    ...(lines.length > 0 ? lines : [{ role: 'system' as const, content: continueScene(input) }]),
    ...(last ? [{ role: 'system' as const, content: last }] : []),
  ];
}

/** Stands for a line that is all out of character and has attachments. */
const SHOWN = '(shows this)';

const withAttached = (line: PromptMessage, attached: readonly AttachedPart[] = []): PromptMessage =>
  attached.length > 0 ? { ...line, attached } : line;

/**
 * Lore first, then the newest dialogue and the most valuable memories, taken alternately until the limit, then example
 * dialogue.
 */
function fitOptional(input: PromptInput, limits: PromptLimits, spent: number, parts: readonly AttachedPart[][]) {
  const { soft, hard, countTokens } = limits;
  const room = Math.min(hard - spent, Math.max(soft - spent, reserve({ soft, hard })));
  const largest = Math.floor(soft / LARGEST_SHARE);
  const costs = new Map<string, number>();
  const shorten: Shorten = (text, allowance) => {
    const fitted = cut(measure(text, countTokens, largest), Math.min(largest, allowance));
    costs.set(fitted.text, fitted.cost + MESSAGE_COST);
    return fitted;
  };
  const lore = fitLore(input, Math.floor(room / LORE_SHARE), limits);
  const known = { memories: input.remembered, closedScenes: input.closedScenes, beforeSeq: input.userTurnSeq };
  const said = input.dialogue.slice(-DIALOGUE_LINES).map((line, n) => withAttached(message(input, line), parts[n]));
  const texts = said.map(({ content }) => content).reverse();
  const left = room - TITLE_COST - lore.cost;
  const [lines, memories] = takeInTurns([texts, recall(input.speakerId, known)], left, shorten);
  const kept = said.slice(said.length - lines.length);
  const spentOn = [...lines, ...memories].reduce((sum, text) => sum + (costs.get(text) ?? 0), 0);
  return {
    lore,
    memories,
    dialogue: kept.map((line, n) => ({ ...line, content: lines.at(-1 - n) ?? '' })),
    examples: fitExamples(exampleDialogue(input), left - spentOn, countTokens),
  };
}

const noLore: Lore = { before: [], after: [], cost: 0 };

/** The entries of the speaker's lorebook that the lines of the prompt call for. */
function fitLore(input: PromptInput, room: number, { countTokens, findPatterns }: PromptLimits): Lore {
  if (!input.card?.book) return noLore;
  const said = [...input.dialogue.slice(-DIALOGUE_LINES), { text: input.prose }, ...input.beats];
  const lines = said.map(({ text }) => text).filter(Boolean);
  return recallLore(input.card.book, { lines, room, countTokens, findPatterns, named: loreNames(input) });
}

/** The first examples, as long as whole ones fit. The first text is their title. */
function fitExamples([title = '', ...examples]: string[], room: number, countTokens: CountTokens): string[] {
  const kept: string[] = [];
  let left = room - TITLE_COST;
  for (const example of examples) {
    left -= measure(example, countTokens, left).cost + PART_COST;
    if (left < 0) break;
    kept.push(example);
  }
  return kept.length > 0 ? [title, ...kept] : [];
}
