import type { Pool } from '../../db/core/pool.js';
import { applyStep } from '../../db/narrative/applyAnswer.js';
import { readTurnContext } from '../../db/narrative/turnContext.js';
import { addresseeByName } from '../../domain/narrative/addressee.js';
import { stepName } from '../../domain/turns/stepName.js';

/** Who is spoken to, by the names in the prose: where the classifier failed. Null when the turn is no more. */
export function createGuessAddressee(deps: { pool: Pool }) {
  return async ({ turnId }: { turnId: string }): Promise<{ addresseeId: string } | null> => {
    const context = await readTurnContext(deps.pool, turnId);
    if (!context) return null;
    const addresseeId = addresseeByName(context.prose, context.host, context.guest);
    const applied = await applyStep(deps.pool, { turnId, name: stepName.addressee }, () => ({
      events: [],
      verdict: { addresseeId },
    }));
    return applied.applied ? applied.verdict : null;
  };
}
