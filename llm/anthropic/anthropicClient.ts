import Anthropic from '@anthropic-ai/sdk';
import { createProviderFetch, keyOf, type ProviderServer } from '../http/providerFetch.js';

/** The version of the API that compatible servers know too. Newer ones have no temperature. */
const VERSION = '2023-06-01';

/**
 * The `@anthropic-ai/sdk` client without its own retries, timeouts, log, traces and environment: the service has its own.
 * The key is sent as `x-api-key`; without one no header is sent. The library adds `/v1` to the base URL, which may end in it.
 */
export function createAnthropicClient(server: ProviderServer): Anthropic {
  const key = keyOf(server);
  return new Anthropic({
    baseURL: server.baseUrl.replace(/\/+$/, '').replace(/\/v1$/, ''),
    // Without a key here it would look for credentials in the environment and in files.
    apiKey: key ?? 'none',
    defaultHeaders: { Authorization: null, 'anthropic-version': VERSION, ...(key ? { 'x-api-key': key } : {}) },
    webhookKey: null,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    // Its spans can hold prompts.
    openTelemetry: false,
    fetch: createProviderFetch(server),
  });
}
