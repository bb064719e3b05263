import OpenAI from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import { type AddressRules, checkSpelledHost, createCheckedLookup } from '../../lib/providerAddress.js';
import { toRefusalBody } from '../errors/errorBody.js';
import { fromRequestError } from '../errors/providerFailures.js';
import type { SilenceClock } from '../silenceClock.js';
import { createBoundedFetch } from './boundedFetch.js';

/** Longer than an idle turn, shorter than what providers' load balancers keep. */
const KEEP_ALIVE_MS = 30_000;

/** `addresses`: where requests may go, for a server that an owner has named; left out: anywhere. */
export type ProviderServer = { baseUrl: string; apiKey: string | undefined; addresses?: AddressRules | undefined };

/** The `openai` client without its own retries, timeouts, log and environment: the service has its own. */
export function createProviderClient({ baseUrl, apiKey, addresses }: ProviderServer): OpenAI {
  const key = apiKey?.trim();
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw new Error("the provider's API key holds characters that no HTTP header can carry");
  }
  // Its own connections, unlimited in number. The caller limits how long they may be silent.
  const dispatcher = new Agent({
    ...{ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 0, bodyTimeout: 0 },
    ...(addresses ? { connect: { lookup: createCheckedLookup(new URL(baseUrl), addresses) } } : {}),
  });
  const fetch = createBoundedFetch(
    async (url, init) => {
      // A name is checked in the lookup; an address is not looked up, so it is checked here.
      if (addresses) checkSpelledHost(new URL(url as string), addresses);
      // The target of a redirect would get the prompt, and often the key.
      const response = await undiciFetch(url as string, { ...(init as object), dispatcher, redirect: 'manual' });
      // The same class at run time. The types differ in details of fields that are not used.
      return response as unknown as Response;
    },
    { ownReader: true },
  );
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: key || 'none',
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
    fetch: async (url, init) => readable(await fetch(url as string, init)),
  });
}

/**
 * The response to a request of `openai`, whose body is not read yet. Throws the `TurnFailure` that a refusal or a
 * broken connection means.
 */
export async function responseOf(request: { asResponse(): Promise<Response> }, clock: SilenceClock): Promise<Response> {
  try {
    return await clock.waitFor(request.asResponse());
  } catch (error) {
    throw fromRequestError(error, Date.now()) ?? error;
  }
}

/** A refusal in the one form that `openai` reads. */
async function readable(response: Response): Promise<Response> {
  if (response.ok || response.status < 200) return response;
  const { status, headers } = response;
  const body = toRefusalBody(await response.text(), headers.get('content-type'));
  return new Response(JSON.stringify(body), { status, headers: refusalHeaders(headers) });
}

/** The headers about retries and the request's id. The others describe the body that was replaced. */
function refusalHeaders(headers: Headers): Headers {
  const kept = new Headers({ 'content-type': 'application/json' });
  for (const name of ['retry-after', 'retry-after-ms', 'x-request-id', 'request-id']) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
