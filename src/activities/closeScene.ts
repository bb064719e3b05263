import { closeSceneOfTurn } from '../db/closeScene.js';
import type { Pool } from '../db/pool.js';

export type CloseSceneInput = { turnId: string; sceneId: string };

export function createCloseScene(deps: { pool: Pool }) {
  return async ({ turnId, sceneId }: CloseSceneInput): Promise<{ closed: boolean }> => ({
    closed: await closeSceneOfTurn(deps.pool, turnId, sceneId, new Date().toISOString()),
  });
}
