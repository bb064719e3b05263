import type { Logger } from 'pino';
import { z } from 'zod';
import { answerApproval } from '../../db/agents/approvals.js';
import type { Pool } from '../../db/core/pool.js';
import { readTurn } from '../../db/turns/turnView.js';
import type { TurnEngine } from '../../engine/turnEngine.js';
import { text } from '../http/input.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';

export type ApprovalRouteDeps = { pool: Pool; log: Pick<Logger, 'warn'>; engine: Pick<TurnEngine, 'approve'> };

const signalDeadlineMs = 2_000;

export type AnswerApproval = (
  call: { owner: string; level: number; turnId: string; callId: string },
  answer: { approved: boolean; comment?: string | undefined },
) => Promise<void>;

/**
 * Decides about a tool call. The decision is stored first; while Temporal is away the turn gets it later. Throws
 * `turn_not_found`, `tool_not_permitted` or `approval_not_pending`.
 */
export function createAnswerApproval({ pool, log, engine }: ApprovalRouteDeps): AnswerApproval {
  return async ({ owner, level, turnId, callId }, answer) => {
    orProblem(await readTurn(pool, { turnId, owner }), 'turn_not_found');
    const decided = await answerApproval(pool, { turnId, callId }, answer, { level });
    if (decided === 'not_permitted') throw new Problem('tool_not_permitted');
    if (decided === 'not_pending') throw new Problem('approval_not_pending');
    const { approved } = answer;
    await engine
      .approve(turnId, { callId, approved }, { deadlineMs: signalDeadlineMs })
      .catch((err: unknown) =>
        log.warn({ err, turnId }, 'the signal of an approval failed; the reconciler sends it again'),
      );
  };
}

/** Routes for decisions on tool calls. */
export function approvalRoutes(deps: ApprovalRouteDeps): Route[] {
  const answer = createAnswerApproval(deps);
  return [
    route({
      operation: 'answerApproval',
      method: 'post',
      path: '/v1/turns/:turnId/approvals/:callId',
      summary: 'Approve or deny a tool call',
      tag: 'Turns',
      body: z.strictObject({ approved: z.boolean(), comment: text(4_000).optional() }),
      answers: { 202: null },
      problems: ['turn_not_found', 'approval_not_pending', 'tool_not_permitted'],
      async handle({ owner, params: { turnId, callId }, body, response }) {
        await answer({ owner, level: response.locals.level, turnId, callId }, body);
        return { status: 202 };
      },
    }),
  ];
}
