import { z } from 'zod';
import { type OwnProvider, readOwnProviders } from '../../db/chats/usableProviders.js';
import type { Pool } from '../../db/core/pool.js';
import type { SealingKey } from '../../db/core/sealed.js';
import { apiOfStored } from '../../domain/providers/apiOf.js';
import type { ModelServer } from '../../lib/fetchModels.js';
import type { Log } from '../../telemetry/log/log.js';
import { id } from '../http/fields.js';
import { type Route, route } from '../http/route.js';
import { createHeavyWork } from '../limits/heavyWork.js';
import { createKnownModels } from './knownModels.js';
import type { ProviderHosts } from './providerHosts.js';
import { model } from './resources.js';

export type ModelRouteDeps = {
  pool: Pool;
  sealingKey: SealingKey | null;
  allowedProviderHosts: ProviderHosts;
  log: Pick<Log, 'info'>;
  /** The server of the configuration, and the model that it is asked for. */
  modelServer: ModelServer & { defaultModel: string };
};

/** More providers than a person stores. */
const MAX_PROVIDERS = 100;
/** One owner's servers may be slow, so an owner asks once at a time. */
const asksAtOnce = { atOnce: 8, waitingPerOwner: 10 };

type Asked = { providerId: string | null; name: string | null; defaultModel: string; server: ModelServer | null };

type Source = Pick<Asked, 'providerId' | 'name'>;
export type ListedModel = Source & { id: string; isDefault: boolean };
/** The models of an owner's providers and of the server's. `failed`: providers that gave no list. */
export type ListModels = (owner: string) => Promise<{ items: ListedModel[]; failed: Source[] }>;

/** Asks each provider for its models, at most once in some minutes. */
export function createListModels(deps: ModelRouteDeps): ListModels {
  const { pool, sealingKey, allowedProviderHosts, log, modelServer } = deps;
  const modelsOf = createKnownModels(log);
  const heavy = createHeavyWork(asksAtOnce);

  const toAsked = ({ id: providerId, name, defaultModel, apiKey, ...stored }: OwnProvider): Asked => ({
    ...{ providerId, name, defaultModel },
    server: apiKey === null ? null : { baseUrl: stored.baseUrl, apiKey, ...listingOf(stored) },
  });
  const listingOf = (stored: Pick<OwnProvider, 'baseUrl' | 'api' | 'profile' | 'byOperator'>) => ({
    api: apiOfStored(stored) === 'anthropic' ? ('anthropic' as const) : ('openai' as const),
    addresses: rulesOf(stored.byOperator),
  });
  const rulesOf = (loopback: boolean) => ({ allowed: allowedProviderHosts, loopback });

  async function read({ server, defaultModel, ...of }: Asked) {
    const listed = server && (await modelsOf(server));
    const names = [...new Set([defaultModel, ...(listed ?? [])])];
    const items = names.map((name) => ({ id: name, ...of, isDefault: name === defaultModel }));
    return { items, failed: listed ? [] : [of] };
  }

  return async (owner) => {
    const own = await readOwnProviders(pool, sealingKey, owner, MAX_PROVIDERS);
    const { defaultModel, ...server } = modelServer;
    const asked = [{ providerId: null, name: null, defaultModel, server }, ...own.map(toAsked)];
    const lists = await heavy(owner, () => Promise.all(asked.map(read)));
    return { items: lists.flatMap((each) => each.items), failed: lists.flatMap((each) => each.failed) };
  };
}

/** The route of the models that can answer in agent chats. */
export function modelRoutes({ listModels }: { listModels: ListModels }): Route[] {
  return [
    route({
      operation: 'listModels',
      method: 'get',
      path: '/v1/models',
      summary: 'The models that the providers of the server and of the owner name',
      description:
        "Each provider is asked for its own list at most once in 5 minutes, for 4 seconds. Its default model is always there, first. `failed` names the providers that gave no list. Use `id` as `model`, and `providerId`, in an agent's settings.",
      tag: 'Providers',
      answers: {
        200: z.object({
          items: z.array(model),
          next: z.null(),
          failed: z
            .array(z.object({ providerId: id('prv').nullable(), name: z.string().nullable() }))
            .meta({ description: "providers that gave no list; `providerId` null: the server's own" }),
        }),
      },
      async handle({ owner }) {
        return { status: 200, body: { ...(await listModels(owner)), next: null } };
      },
    }),
  ];
}
