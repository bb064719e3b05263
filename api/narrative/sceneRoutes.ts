import type { Logger } from 'pino';
import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { closeSceneByHand, listScenes, openSceneByHand } from '../../db/narrative/scenes.js';
import type { TurnEngine } from '../../engine/turnEngine.js';
import { name, seqPage } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { scene } from './resources.js';

const tag = 'Scenes';

export type SceneRouteDeps = {
  pool: Pool;
  log: Pick<Logger, 'warn'>;
  engine: Pick<TurnEngine, 'summarizeScene'>;
};

const summarizeDeadlineMs = 5_000;

export function sceneRoutes({ pool, log, engine }: SceneRouteDeps): Route[] {
  /** Starts the summaries of a closed scene. The scene stays closed if that fails. */
  const summarize = (chatId: string, sceneId: string) =>
    engine
      .summarizeScene({ chatId, sceneId }, { deadlineMs: summarizeDeadlineMs })
      .catch((err: unknown) =>
        log.warn({ err, chatId, sceneId }, 'the summaries of a scene that was closed by hand could not be started'),
      );
  return [
    route({
      operation: 'listScenes',
      method: 'get',
      path: '/v1/chats/:chatId/scenes',
      summary: "The chat's scenes, oldest first",
      tag,
      query: seqPage(),
      answers: { 200: pageOf(scene) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query }) {
        await mustOwnChat(pool, owner, chatId);
        const found = await listScenes(pool, chatId, { ...query, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => String(item.openedSeq));
      },
    }),
    route({
      operation: 'openScene',
      method: 'post',
      path: '/v1/chats/:chatId/scenes',
      summary: 'Open a scene',
      tag,
      body: z.strictObject({ container: name(1_000) }),
      answers: { 201: scene },
      problems: ['chat_not_found', 'not_narrative', 'scene_already_open'],
      async handle({ owner, params: { chatId }, body }) {
        return { status: 201, body: await openSceneByHand(pool, owner, chatId, body.container) };
      },
    }),
    route({
      operation: 'closeScene',
      method: 'post',
      path: '/v1/chats/:chatId/scenes/current/close',
      summary: 'Close the open scene; its summaries follow',
      tag,
      answers: { 200: scene },
      problems: ['chat_not_found', 'not_narrative', 'no_open_scene'],
      async handle({ owner, params: { chatId } }) {
        const closed = await closeSceneByHand(pool, owner, chatId, new Date().toISOString());
        void summarize(chatId, closed.id);
        return { status: 200, body: closed };
      },
    }),
  ];
}
