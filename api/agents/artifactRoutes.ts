import { z } from 'zod';
import { appendArtifact } from '../../db/agents/artifacts.js';
import type { StoredLimit } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import { readProjection } from '../../db/timeline/readProjection.js';
import { artifactData } from '../../domain/agents/artifacts.js';
import { projectionJson } from '../../domain/timeline/chatProjection.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { event, projection } from '../timeline/resources.js';

const tag = 'Artifacts';

const artifact = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('citations'), data: artifactData.citations }),
  z.strictObject({ kind: z.literal('planning_artifact'), data: artifactData.planning_artifact }),
  z.strictObject({ kind: z.literal('reasoning'), data: artifactData.reasoning }),
  z.strictObject({ kind: z.literal('model_selected'), data: artifactData.model_selected }),
  z.strictObject({ kind: z.literal('strategy_meta'), data: artifactData.strategy_meta }),
  z.strictObject({ kind: z.literal('strategy_link'), data: artifactData.strategy_link }),
  z.strictObject({ kind: z.literal('graph_snapshot'), data: artifactData.graph_snapshot }),
  z.strictObject({ kind: z.literal('graph_plan'), data: artifactData.graph_plan }),
  z.strictObject({ kind: z.literal('graph_cleared'), data: artifactData.graph_cleared }),
]);

/** Routes for artifacts that clients append to a chat's log, and for their projection. */
export function artifactRoutes({ pool, limits }: { pool: Pool; limits: StoredLimit }): Route[] {
  return [
    route({
      operation: 'appendArtifact',
      method: 'post',
      path: '/v1/chats/:chatId/events',
      summary: "Append an artifact to the chat's log; other kinds of events can't be appended",
      tag,
      body: artifact,
      answers: { 201: event },
      problems: ['chat_not_found', 'chat_full', 'limit_reached'],
      async handle({ owner, params: { chatId }, body }) {
        const { storedBytes } = limits;
        return { status: 201, body: await appendArtifact(pool, { owner, chatId, storedBytes }, body) };
      },
    }),
    route({
      operation: 'getProjection',
      method: 'get',
      path: '/v1/chats/:chatId/projection',
      summary: "The projection of the chat's artifacts: its strategy, its graph and the plan",
      tag,
      answers: { 200: projection },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId } }) {
        await mustOwnChat(pool, owner, chatId);
        return { status: 200, json: projectionJson(await readProjection(pool, chatId)) };
      },
    }),
  ];
}
