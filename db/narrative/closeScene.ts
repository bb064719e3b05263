import { stepName } from '../../domain/turns/stepName.js';
import { type Pool, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, findEffect } from '../timeline/log.js';
import { readChatState } from './turnContext.js';

/**
 * Closes the scene of a turn, if that scene is still open. `endedAt` is ISO 8601 UTC. Returns whether this turn has
 * closed it, now or in an earlier attempt.
 */
export function closeSceneOfTurn(pool: Pool, turnId: string, sceneId: string, endedAt: string): Promise<boolean> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, turnId);
    if (!turn) return false;
    const cause = { chatId: turn.chatId, turnId, step: stepName.sceneClose };
    if (await findEffect(tx, turnId, stepName.sceneClose, 0)) return true;
    const { openScene } = await readChatState(tx, turn.chatId);
    if (openScene?.sceneId !== sceneId) return false;
    await appendEvents(tx, cause, [{ kind: 'scene_closed', data: { sceneId, endedAt } }]);
    return true;
  });
}
