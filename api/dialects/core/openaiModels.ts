import { Router } from 'express';
import type { Pool } from '../../../db/core/pool.js';
import { readAnswerers } from '../../../db/dialects/modelNames.js';
import type { ListModels } from '../../chats/modelRoutes.js';

export type OpenAiModelDeps = { pool: Pool; listModels: ListModels; relays: boolean };

const toModel = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'durable-turns' });

/** `GET /models`: what can answer. Any other name is passed to the provider, so that it is a model too. */
export function openaiModelRoutes({ pool, listModels, relays }: OpenAiModelDeps): Router {
  const router = Router();
  router.get('/models', async (_request, response) => {
    const owner: string = response.locals.owner;
    const [{ items }, { characterIds, personas }] = await Promise.all([listModels(owner), readAnswerers(pool, owner)]);
    const names = [
      ...items.map(({ id }) => id),
      ...characterIds.map((id) => `character:${id}`),
      ...(relays ? personas.map((persona) => `relay:${persona}`) : []),
    ];
    response.json({ object: 'list', data: [...new Set(names)].map(toModel) });
  });
  router.get('/models/:model', (request, response) => {
    response.json(toModel(request.params.model));
  });
  return router;
}
