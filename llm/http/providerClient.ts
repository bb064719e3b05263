import OpenAI from 'openai';
import { createProviderFetch, keyOf, type ProviderServer } from './providerFetch.js';

export type { ProviderServer } from './providerFetch.js';

/** The `openai` client without its own retries, timeouts, log and environment: the service has its own. */
export function createProviderClient(server: ProviderServer): OpenAI {
  const key = keyOf(server);
  return new OpenAI({
    baseURL: server.baseUrl,
    apiKey: key ?? 'none',
    // Local servers take any key or none. A made-up key would be misleading in their logs.
    ...(key ? {} : { defaultHeaders: { Authorization: null } }),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    // Its log quotes frames that it can't parse, which are prose.
    logLevel: 'off',
    fetch: createProviderFetch(server),
  });
}
