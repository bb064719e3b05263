import type { StepView } from '../log/frames.js';
import type { TurnPhase, TurnStatus } from './turn.js';

/** Names that the Temporal client, the workflows and operators share. */
export const TURN_WORKFLOW = 'turn';
export const SUBAGENT_WORKFLOW = 'subagent';
export const RECONCILE_WORKFLOW = 'reconcile';
export const SUMMARIZE_SCENE_WORKFLOW = 'summarizeScene';
/** One a task queue, so that two installations on one namespace don't share it. */
export const reconcileScheduleId = (taskQueue: string) => `${taskQueue}-reconcile`;

/** What operators can search turns by, with the types as the server registers them. */
export const searchAttributes = {
  ChatId: 'Keyword',
  Owner: 'Keyword',
  TurnKind: 'Keyword',
  TurnPhase: 'Keyword',
  StuckSteps: 'KeywordList',
} as const;

/** Summaries are cut to this: 400 bytes is the server's limit, and a character takes up to 4 in UTF-8. */
const SUMMARY_CHARACTERS = 90;

/** A line for the Temporal UI. Names are the one kind of text that may stand in it. */
export function summary(what: string, name: string | null): string {
  const line = name ? `${what}: ${name}` : what;
  return [...line.replace(/\s+/g, ' ')].slice(0, SUMMARY_CHARACTERS).join('');
}

/** The details of a turn's workflow that never change: Markdown, for the Temporal UI. */
export const startDetails = ({ chatId, owner }: { chatId: string; owner: string }): string =>
  `Chat \`${chatId}\`, owner \`${owner}\``;

/** A workflow task that isn't answered within this went to a dead worker. */
export const WORKFLOW_TASK_TIMEOUT_MS = 2_000;

/** What the Query `turnStatus` answers: no prose, only states, counts and codes. */
export type TurnStatusReport = {
  status: TurnStatus;
  phase: TurnPhase;
  steps: StepView[];
};

/** Where classifier calls wait for their turn, beside the queue of workflows and replies. */
export const classifierQueue = (taskQueue: string): string => `${taskQueue}-classifiers`;

/** Where replies, tools and sub-agents run when streams have workers of their own (`WORKER_ROLES`). */
export const streamsQueue = (taskQueue: string): string => `${taskQueue}-streams`;

/** What Temporal takes as a fairness key, in bytes; a longer one fails the command that holds it. */
const MAX_FAIRNESS_KEY = 64;

/**
 * Tasks of one owner share a task queue fairly with those of others: the owner itself, or a hash where it is too long
 * or not ASCII.
 */
export function fairnessKey(owner: string): string {
  if (owner.length <= MAX_FAIRNESS_KEY && /^[\x20-\x7e]+$/.test(owner)) return owner;
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < owner.length; at++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(owner.charCodeAt(at))) * 0x100000001b3n);
  return `owner-${hash.toString(16)}`;
}
