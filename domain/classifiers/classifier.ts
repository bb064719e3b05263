import type { z } from 'zod';
import type { Attachment } from '../attachments/attachment.js';
import type { NewEvent, StoryArtifacts } from '../log/events.js';
import type { Edge } from '../narrative/edge.js';
import type { Person } from '../narrative/participants.js';
import type { PromptLimits, PromptMessage, SpokenLine } from '../narrative/prompt.js';
import type { ClassifierName } from './index.js';
import { type Question, toMessages } from './question.js';

export type { Person } from '../narrative/participants.js';
export type { SpokenLine } from '../narrative/prompt.js';

/** One call of a classifier: its name, and the part of the turn that it judges. */
export type ClassifierCall = {
  name: ClassifierName;
  beat?: number;
  sourceId?: string;
  targetId?: string;
  povId?: string;
  /** The scene that the call is about, with its lines. Left out: the context has the scene that is open when it is read. */
  sceneId?: string;
};

/** What decides at the beginning of a narrative turn which classifiers follow its reply. */
export type BegunTurn = {
  /** The open scene; null without one. */
  sceneId: string | null;
  /** Whether the user's text has more than out-of-character remarks. */
  hasProse: boolean;
  /** Whether a story event is planned or active. */
  hasStoryEvents: boolean;
  /** The turn whose reply this one replaces. */
  regenerates: string | null;
};

export type StoryStatus = 'planned' | 'active' | 'completed' | 'cancelled';

/** The state of a turn for classifiers. Texts contain no out-of-character remarks. */
export type TurnContext = {
  chatId: string;
  turnId: string;
  userTurnSeq: number;
  at: string;
  you: Person;
  host: Person;
  guest: Person | null;
  /** The user's line; empty if all of it is out of character. */
  prose: string;
  /** What is attached to the user's line. Classifiers do not get it. */
  attachments?: readonly Attachment[];
  beats: { beat: number; speakerId: string; text: string; at: string }[];
  /** The lines before the turn, oldest first. */
  dialogue: SpokenLine[];
  scene: { sceneId: string; container: string } | null;
  edges: Edge[];
  /** Only open story events: planned or active. */
  storyEvents: { eventId: string; title: string; description: string; status: StoryStatus }[];
  /** The memories of this turn, one per beat. */
  memories: { beat: number; memoryId: string; text: string }[];
  /** The lines of the scene, oldest first, for its summary. */
  sceneBeats: SpokenLine[];
};

/** The state of the chat when an answer is applied, read under the chat's lock in the transaction that appends. */
export type ChatState = {
  /** `byHand`: a person pinned it, and only a person unpins it. */
  pinned: {
    memoryId: string;
    significance: number | null;
    pinnedSeq: number;
    witnesses: string[];
    byHand: boolean;
  }[];
  storyEvents: { eventId: string; status: StoryStatus; artifacts: StoryArtifacts }[];
  openScene: { sceneId: string } | null;
};

/** What the workflow learns of an answer: ids, counts, booleans and words of a fixed list, never prose. */
export type Verdict = { readonly [name: string]: string | number | boolean };

/** A row of the table of classifiers. `A` is the type of its answer. */
export type ClassifierRow<A> = {
  /** Its key in the table. */
  name: string;
  /**
   * The answer's schema, with the ids that this call allows. Unknown keys are ignored at every level. One without
   * arguments is made once: making a schema and its first use cost a hundred times as much as using it again.
   */
  answer(context: TurnContext, call: ClassifierCall): z.ZodType<A>;
  question(context: TurnContext, call: ClassifierCall): Question;
  /** The events that follow from the answer, in the order in which they are appended. */
  events(context: TurnContext, call: ClassifierCall, answer: A, state: ChatState): NewEvent[];
  verdict(answer: A): Verdict;
  /**
   * Makes it a follow-up: a step of its name, beside the others, once the first reply of a narrative turn has landed.
   * Returns what the call is about; null where the turn does not ask it. Left out: `workflows` asks it by itself.
   */
  follows?(turn: BegunTurn): Omit<ClassifierCall, 'name'> | null;
};

/** A row as its callers see it. `answer` is a value that its schema has accepted (`parseAnswer`). */
export type Classifier = ClassifierRow<unknown> & {
  /** The messages of the request to the model, cut to the limits if there are any. */
  messages(
    context: TurnContext,
    call: ClassifierCall,
    limits?: Pick<PromptLimits, 'hard' | 'countTokens'>,
  ): PromptMessage[];
};

/** Makes a classifier of a row. The answer's type is erased: only the row's own schema creates answers. */
export function classifier<A>(row: ClassifierRow<A>): Classifier {
  const messages: Classifier['messages'] = (context, call, limits) => toMessages(row.question(context, call), limits);
  return { ...row, answer: madeOnce(row.answer), messages } as unknown as Classifier;
}

/** Keeps the schema of a row that is the same for every call. */
function madeOnce<A>(answer: ClassifierRow<A>['answer']): ClassifierRow<A>['answer'] {
  if (answer.length > 0) return answer;
  let made: z.ZodType<A> | undefined;
  return (context, call) => (made ??= answer(context, call));
}
