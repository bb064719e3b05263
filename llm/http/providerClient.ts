import OpenAI from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import { type AddressRules, checkSpelledHost, createCheckedLookup } from '../../lib/providerAddress.js';
import { toRefusalBody } from '../errors/errorBody.js';
import { createBoundedFetch } from './boundedFetch.js';

/** Longer than an idle turn, shorter than what providers' load balancers keep. */
const KEEP_ALIVE_MS = 30_000;

/** `addresses`: where requests may go, for a server that an owner has named; left out: anywhere. */
export type ProviderServer = { baseUrl: string; apiKey: string | undefined; addresses?: AddressRules | undefined };

/** `openai` with nothing of its own that would compete with ours: no retries, clocks, log or environment. */
export function createProviderClient({ baseUrl, apiKey, addresses }: ProviderServer): OpenAI {
  const key = apiKey?.trim();
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw new Error("the provider's API key holds characters that no HTTP header can carry");
  }
  // its own connections, unlimited in number; how long they may be silent is the caller's to say
  const dispatcher = new Agent({
    ...{ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 0, bodyTimeout: 0 },
    ...(addresses ? { connect: { lookup: createCheckedLookup(new URL(baseUrl), addresses) } } : {}),
  });
  const fetch = createBoundedFetch(
    async (url, init) => {
      // a name is checked where it is looked up; an address is not looked up
      if (addresses) checkSpelledHost(new URL(url as string), addresses);
      // whoever is redirected to would get the prompt, and often the key
      const response = await undiciFetch(url as string, { ...(init as object), dispatcher, redirect: 'manual' });
      return response as unknown as Response;
    },
    { ownReader: true },
  );
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: key || 'none',
    // local servers take any key or none; a made-up one would only confuse their logs
    ...(key ? {} : { defaultHeaders: { Authorization: null } }),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    // its log quotes frames it can't read, which are prose
    logLevel: 'off',
    fetch: async (url, init) => readable(await fetch(url as string, init)),
  });
}

/** A refusal in the one form that `openai` reads. */
async function readable(response: Response): Promise<Response> {
  if (response.ok || response.status < 200) return response;
  const { status, headers } = response;
  const body = toRefusalBody(await response.text(), headers.get('content-type'));
  return new Response(JSON.stringify(body), { status, headers: refusalHeaders(headers) });
}

/** Those that say when to come back and which request it was; the others describe a body that is no longer there. */
function refusalHeaders(headers: Headers): Headers {
  const kept = new Headers({ 'content-type': 'application/json' });
  for (const name of ['retry-after', 'retry-after-ms', 'x-request-id', 'request-id']) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
