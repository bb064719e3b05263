import type { z } from 'zod';
import type { NewEvent, StoryArtifacts } from '../log/events.js';
import type { Edge } from '../narrative/edge.js';
import type { Person } from '../narrative/participants.js';
import type { PromptLimits, PromptMessage, SpokenLine } from '../narrative/prompt.js';
import type { ClassifierName } from './index.js';
import { type Question, toMessages } from './question.js';

export type { Person } from '../narrative/participants.js';
export type { SpokenLine } from '../narrative/prompt.js';

/** One question to a classifier: its name, and what of the turn it is about. */
export type ClassifierCall = {
  name: ClassifierName;
  beat?: number;
  sourceId?: string;
  targetId?: string;
  povId?: string;
  sceneId?: string;
};

export type StoryStatus = 'planned' | 'active' | 'completed' | 'cancelled';

/** A turn as classifiers see it. Texts hold no out-of-character remarks. */
export type TurnContext = {
  chatId: string;
  turnId: string;
  userTurnSeq: number;
  at: string;
  you: Person;
  host: Person;
  guest: Person | null;
  /** What the user said; empty if it was all out of character. */
  prose: string;
  beats: { beat: number; speakerId: string; text: string; at: string }[];
  /** What was said before, oldest first, without the turn's own lines. */
  dialogue: SpokenLine[];
  scene: { sceneId: string; container: string } | null;
  edges: Edge[];
  /** The open ones: planned or active. */
  storyEvents: { eventId: string; title: string; description: string; status: StoryStatus }[];
  /** Of this turn, one a beat. */
  memories: { beat: number; memoryId: string; text: string }[];
  /** The scene's lines, oldest first, for its summary. */
  sceneBeats: SpokenLine[];
};

/** The chat as an answer finds it when it is applied: read under the chat's lock, in the appending transaction. */
export type ChatState = {
  pinned: { memoryId: string; significance: number | null; pinnedSeq: number; witnesses: string[] }[];
  storyEvents: { eventId: string; status: StoryStatus; artifacts: StoryArtifacts }[];
  openScene: { sceneId: string } | null;
};

/** What the workflow may know of an answer: ids, counts, booleans and words of a fixed list, never prose. */
export type Verdict = { readonly [name: string]: string | number | boolean };

/** A row of the table of classifiers, for an answer of type A. */
export type ClassifierRow<A> = {
  /** Its key in the table. */
  name: string;
  /** The answer's schema, with the ids that this call allows. Keys beyond it are ignored, at every level. */
  answer(context: TurnContext, call: ClassifierCall): z.ZodType<A>;
  question(context: TurnContext, call: ClassifierCall): Question;
  /** What the answer makes of the chat, in the order of appending. */
  events(context: TurnContext, call: ClassifierCall, answer: A, state: ChatState): NewEvent[];
  verdict(answer: A): Verdict;
};

/** A row as its callers see it: `answer` is whatever its schema has let through (`parseAnswer`). */
export type Classifier = ClassifierRow<unknown> & {
  /** The question as a model is asked it, cut to the limits if there are any. */
  messages(
    context: TurnContext,
    call: ClassifierCall,
    limits?: Pick<PromptLimits, 'hard' | 'countTokens'>,
  ): PromptMessage[];
};

/** Each row knows the type of its own answer; the table does not, and need not: only a row's schema makes one. */
export function classifier<A>(row: ClassifierRow<A>): Classifier {
  const messages: Classifier['messages'] = (context, call, limits) => toMessages(row.question(context, call), limits);
  return { ...row, messages } as unknown as Classifier;
}
