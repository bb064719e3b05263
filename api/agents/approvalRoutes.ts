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

/** Routes for decisions on tool calls. A decision is stored first; while Temporal is away the turn gets it later. */
export function approvalRoutes({ pool, log, engine }: ApprovalRouteDeps): Route[] {
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
        orProblem(await readTurn(pool, { turnId, owner }), 'turn_not_found');
        const { level } = response.locals;
        const decided = await answerApproval(pool, { turnId, callId }, body, { level });
        if (decided === 'not_permitted') throw new Problem('tool_not_permitted');
        if (decided === 'not_pending') throw new Problem('approval_not_pending');
        const { approved } = body;
        await engine
          .approve(turnId, { callId, approved }, { deadlineMs: signalDeadlineMs })
          .catch((err: unknown) =>
            log.warn({ err, turnId }, 'the signal of an approval failed; the reconciler sends it again'),
          );
        return { status: 202 };
      },
    }),
  ];
}
