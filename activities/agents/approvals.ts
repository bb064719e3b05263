import { answerApproval, requestApproval } from '../../db/agents/approvals.js';
import type { CallKey } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';

/** What Postgres knows of a person's word on a call. */
export function createApprovalActivities({ pool }: { pool: Pool }) {
  return {
    requestApproval: (key: CallKey): Promise<'asked' | 'decided' | 'over'> => requestApproval(pool, key),
    /** What an operator said in the Temporal UI, and that nobody said anything in time. The api keeps its own. */
    async decideApproval({ approved, ...key }: CallKey & { approved: boolean }): Promise<void> {
      await answerApproval(pool, key, { approved }, 'operator');
    },
  };
}
