import type { AgentStep } from '../log/events.js';
import type { FailureCode } from '../log/failures.js';
import type { ReplyVerdict } from '../turns/verdict.js';

/** How often an agent may ask its model in one turn, where its chat does not say. */
export const MAX_ITERATIONS = 20;

/** What the workflow may know of a call: no prose, only what decides how it is made. */
export type CallPlan = {
  callId: string;
  /** The tool's name if there is such a tool: what a model makes up is not repeated. */
  tool: string | null;
  timeoutMs: number;
  /** Whether it may be made again when nobody knows how far it came. */
  idempotent: boolean;
  needsApproval: boolean;
  /** Run as a child workflow: a sub-agent. */
  delegates: boolean;
};

/** How one call of the model ended: calls to make, or, without any, an answer. */
export type IterationVerdict =
  | { state: 'landed'; calls: CallPlan[]; code: FailureCode | null }
  /** Stopped, or the turn is gone: what there is of the reply is in the log. */
  | { state: 'closed'; verdict: ReplyVerdict };

/** The same step has the same id from its first token to reload. */
export const stepId = (turnId: string, index: number): string => `${turnId}:${index}`;

/** A stretch of a draft's channel that is one step; `offset` is where it begins there, in UTF-16 code units. */
export type Stretch = { index: number; type: 'thinking' | 'text'; offset: number };

/** The stretches with what they hold: each runs to where the next of its channel begins. */
export function fillStretches(
  turnId: string,
  stretches: Stretch[],
  texts: Record<Stretch['type'], string>,
): AgentStep[] {
  return stretches.map(({ index, type, offset }, n) => {
    const next = stretches.slice(n + 1).find((other) => other.type === type);
    return { id: stepId(turnId, index), index, type, content: texts[type].slice(offset, next?.offset) };
  });
}
