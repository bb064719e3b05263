import type { AgentStep } from '../log/events.js';
import type { FailureCode } from '../log/failures.js';
import type { ReplyVerdict } from '../turns/verdict.js';

/** How often an agent may request its model in one turn, if its chat has no setting. */
export const MAX_ITERATIONS = 20;

/** A tool call as the workflow knows it: only what decides how to run it, no prose. */
export type CallPlan = {
  callId: string;
  /** The tool's name; null if there is no such tool, so that a name that a model made up does not reach Temporal. */
  tool: string | null;
  timeoutMs: number;
  /** Whether it may run again after an attempt with an unknown outcome. */
  idempotent: boolean;
  needsApproval: boolean;
  /** Whether it runs as a sub-agent, in a child workflow. */
  delegates: boolean;
  /** It is of a function that the turn's client runs: the turn ends with it. */
  client?: true;
};

/** How an iteration ended. `landed`: with tool calls to run, or, without any, with the answer. */
export type IterationVerdict =
  | { state: 'landed'; calls: CallPlan[]; code: FailureCode | null }
  /** The turn was stopped or has ended; the kept text of the reply is in the log. */
  | { state: 'closed'; verdict: ReplyVerdict };

/**
 * The id of a step, which is the same in the draft and in the log. `index` counts over all iterations of the turn. `epoch`:
 * the draft in which its text began; later drafts keep the id with the step.
 */
export const stepId = (turnId: string, index: number, epoch = 1): string =>
  epoch > 1 ? `${turnId}:${index}.${epoch}` : `${turnId}:${index}`;

/** The draft in which a step began, by its id. */
export const epochOfStep = (id: string): number => Number(/:\d+\.(\d{1,9})$/.exec(id)?.[1] ?? 1);

/** The part of a draft's channel that is one step. `offset` is where it begins, in UTF-16 code units. */
export type Stretch = { index: number; type: 'thinking' | 'text'; offset: number };

/** The stretches with their text: each one ends where the next one of its channel begins. */
export function fillStretches(
  stretches: Stretch[],
  texts: Record<Stretch['type'], string>,
): Pick<AgentStep, 'index' | 'content'>[] {
  return stretches.map(({ index, type, offset }, n) => {
    const next = stretches.slice(n + 1).find((other) => other.type === type);
    return { index, content: texts[type].slice(offset, next?.offset) };
  });
}
