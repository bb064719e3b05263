import type { StepView } from '../log/frames.js';
import type { TurnPhase, TurnStatus } from './turn.js';

/** Names that the Temporal client, the workflows and operators share. */
export const TURN_WORKFLOW = 'turn';
export const SUBAGENT_WORKFLOW = 'subagent';
export const RECONCILE_WORKFLOW = 'reconcile';
export const SUMMARIZE_SCENE_WORKFLOW = 'summarizeScene';
export const IMPERSONATE_WORKFLOW = 'impersonate';
export const TITLE_CHAT_WORKFLOW = 'titleChat';
export const DELIVER_WEBHOOK_WORKFLOW = 'deliverWebhook';
/** One schedule per task queue, so that two installations on one namespace do not share it. */
export const reconcileScheduleId = (taskQueue: string) => `${taskQueue}-reconcile`;

/** Search attributes of turns, with their types as the server registers them. */
export const searchAttributes = {
  ChatId: 'Keyword',
  Owner: 'Keyword',
  TurnKind: 'Keyword',
  TurnPhase: 'Keyword',
  StuckSteps: 'KeywordList',
} as const;

/** The longest summary. The server's limit is 400 bytes, and a character has up to 4 bytes in UTF-8. */
const SUMMARY_CHARACTERS = 90;

/** A line for the Temporal UI. It may contain names, but no other text of people or models. */
export function summary(what: string, name: string | null): string {
  const line = name ? `${what}: ${name}` : what;
  return [...line.replace(/\s+/g, ' ')].slice(0, SUMMARY_CHARACTERS).join('');
}

/** The static details of a turn's workflow, as Markdown for the Temporal UI. */
export const startDetails = ({ chatId, owner }: { chatId: string; owner: string }): string =>
  `Chat \`${chatId}\`, owner \`${owner}\``;

/** If a workflow task takes longer, its worker is considered dead. */
export const WORKFLOW_TASK_TIMEOUT_MS = 2_000;

/** The result of the Query `turnStatus`: states, counts and codes, no prose. */
export type TurnStatusReport = {
  status: TurnStatus;
  phase: TurnPhase;
  steps: StepView[];
};

/** The task queue of classifier calls, separate from that of workflows and replies. */
export const classifierQueue = (taskQueue: string): string => `${taskQueue}-classifiers`;

/** The task queue of replies, tools and sub-agents if streams have separate workers (`WORKER_ROLES`). */
export const streamsQueue = (taskQueue: string): string => `${taskQueue}-streams`;

/** The task queue of deliveries to webhooks, polled by the workers of workflows. */
export const webhooksQueue = (taskQueue: string): string => `${taskQueue}-webhooks`;

/** The longest fairness key that Temporal accepts, in bytes. A longer one makes the command fail. */
const MAX_FAIRNESS_KEY = 64;

/**
 * The key by which Temporal shares a task queue fairly between owners: the owner, or its hash if it is too long or not
 * ASCII.
 */
export function fairnessKey(owner: string): string {
  if (owner.length <= MAX_FAIRNESS_KEY && /^[\x20-\x7e]+$/.test(owner)) return owner;
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < owner.length; at++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(owner.charCodeAt(at))) * 0x100000001b3n);
  return `owner-${hash.toString(16)}`;
}
