import { answerApproval, requestApproval } from '../../db/agents/approvals.js';
import type { CallKey } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';

/** `timedOut`: no person has decided. */
type Decided = CallKey & { approved: boolean; timedOut?: true };

/** Activities that store requests for approval and decisions on them. */
export function createApprovalActivities({ pool }: { pool: Pool }) {
  return {
    requestApproval: (key: CallKey): Promise<'asked' | 'decided' | 'over'> => requestApproval(pool, key),
    /** Stores the decision of an operator in the Temporal UI, or the denial after a timeout. The api stores its own. */
    async decideApproval({ approved, timedOut, ...key }: Decided): Promise<void> {
      await answerApproval(pool, key, { approved }, timedOut ? 'timeout' : 'operator');
    },
  };
}
