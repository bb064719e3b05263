import type { Pool } from '../../db/core/pool.js';
import { proposeChanges } from '../../db/documents/proposeChanges.js';

/** Appends which changes a landed reply proposes, also when there are none. */
export function createProposeChanges(deps: { pool: Pool }) {
  return ({ turnId }: { turnId: string }): Promise<void> => proposeChanges(deps.pool, turnId);
}
