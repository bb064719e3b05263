import { z } from 'zod';
import { changeProvider, deleteProvider } from '../../db/chats/changeProvider.js';
import type { Limits } from '../../db/chats/ownerLimits.js';
import { createProvider, listProviders } from '../../db/chats/providers.js';
import type { Pool } from '../../db/core/pool.js';
import type { SealingKey } from '../../db/core/sealed.js';
import { profileSettings } from '../../domain/providers/profileNames.js';
import { providerApis } from '../../domain/providers/providerApi.js';
import type { Auth } from '../http/auth.js';
import { idPage, name, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { type ProviderHosts, refusePrivateHost } from './providerHosts.js';
import { provider } from './resources.js';

const tag = 'Providers';

/** The URL is extended by paths: a query or a fragment in it would swallow them and so choose another path. */
const serverUrl = text(2_000).refine(
  (value) => {
    if (!URL.canParse(value) || /[?#\\\s]/.test(value)) return false;
    const { protocol, username, password } = new URL(value);
    return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
  },
  { error: 'must be a URL that starts with http:// or https:// and holds no user, password, ? or #' },
);

const providerKey = text(2_000).regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' });

const newProvider = z.strictObject({
  name: name(200),
  baseUrl: serverUrl,
  apiKey: providerKey,
  defaultModel: name(200),
  maxTokens: z.number().int().min(1).max(10_000_000).optional(),
  fallbackId: text(100).optional(),
  continuation: z.enum(['vllm', 'openrouter']).optional(),
  api: z
    .enum(providerApis)
    .optional()
    .meta({ description: 'default: `anthropic` where the base URL is at api.anthropic.com, else `chat`' }),
  profile: z
    .enum(profileSettings)
    .optional()
    .meta({ description: 'how requests of Chat Completions are written; default: by the host of the base URL' }),
});

const providerChange = z.strictObject({ name: name(200).optional(), apiKey: providerKey.optional() });

export type ProviderRouteDeps = {
  pool: Pool;
  sealingKey: SealingKey | null;
  auth: Pick<Auth, 'keyed'>;
  limits: Pick<Limits, 'providers'>;
  allowedProviderHosts: ProviderHosts;
};

export function providerRoutes({ pool, sealingKey, auth, limits, allowedProviderHosts }: ProviderRouteDeps): Route[] {
  const isOperator = !auth.keyed;
  const rules = { allowed: allowedProviderHosts, loopback: isOperator };
  return [
    route({
      operation: 'createProvider',
      method: 'post',
      path: '/v1/providers',
      summary: 'Store a provider for agent chats; its key is encrypted and never comes back out',
      tag,
      body: newProvider,
      answers: { 201: provider },
      problems: ['provider_keys_disabled', 'provider_not_found', 'provider_host_not_allowed', 'limit_reached'],
      async handle({ owner, body }) {
        if (!sealingKey) throw new Problem('provider_keys_disabled');
        refusePrivateHost(body.baseUrl, rules);
        return {
          status: 201,
          body: await createProvider(pool, sealingKey, { owner, isOperator }, body, limits.providers),
        };
      },
    }),
    route({
      operation: 'listProviders',
      method: 'get',
      path: '/v1/providers',
      summary: 'List providers, oldest first',
      tag,
      query: idPage('prv'),
      answers: { 200: pageOf(provider) },
      async handle({ owner, query }) {
        const found = await listProviders(pool, owner, { ...query, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => item.id);
      },
    }),
    route({
      operation: 'updateProvider',
      method: 'patch',
      path: '/v1/providers/:providerId',
      summary: 'Change the name or the key of a provider; what is left out stays',
      tag,
      body: providerChange,
      answers: { 200: provider },
      problems: ['provider_not_found', 'provider_keys_disabled'],
      async handle({ owner, params, body }) {
        if (body.apiKey !== undefined && !sealingKey) throw new Problem('provider_keys_disabled');
        const changed = await changeProvider(pool, sealingKey, owner, params.providerId, body);
        return { status: 200, body: orProblem(changed, 'provider_not_found') };
      },
    }),
    route({
      operation: 'deleteProvider',
      method: 'delete',
      path: '/v1/providers/:providerId',
      summary: 'Delete a provider that no chat and no other provider uses, with its key',
      tag,
      answers: { 204: null },
      problems: ['provider_not_found', 'provider_in_use'],
      async handle({ owner, params }) {
        const outcome = await deleteProvider(pool, owner, params.providerId);
        if (outcome === 'not_found') throw new Problem('provider_not_found');
        if (outcome === 'in_use') throw new Problem('provider_in_use');
        return { status: 204 };
      },
    }),
  ];
}
