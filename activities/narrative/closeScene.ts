import type { Pool } from '../../db/core/pool.js';
import { closeSceneOfTurn } from '../../db/narrative/closeScene.js';

export type CloseSceneInput = { turnId: string; sceneId: string };

export function createCloseScene(deps: { pool: Pool }) {
  return async ({ turnId, sceneId }: CloseSceneInput): Promise<{ closed: boolean }> => ({
    closed: await closeSceneOfTurn(deps.pool, turnId, sceneId, new Date().toISOString()),
  });
}
