import { Agent, fetch as undiciFetch } from 'undici';
import { type AddressRules, checkSpelledHost, createCheckedLookup } from '../../lib/providerAddress.js';
import { toRefusalBody } from '../errors/errorBody.js';
import { createBoundedFetch } from './boundedFetch.js';

/** Longer than an idle turn, shorter than what providers' load balancers keep. */
const KEEP_ALIVE_MS = 30_000;

/** `addresses`: where requests may go, for a server that an owner has named; left out: anywhere. */
export type ProviderServer = { baseUrl: string; apiKey: string | undefined; addresses?: AddressRules | undefined };

type LibraryFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The key of a server, or undefined without one. Throws for a key that no HTTP header can carry. */
export function keyOf({ apiKey }: ProviderServer): string | undefined {
  const key = apiKey?.trim();
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw new Error("the provider's API key holds characters that no HTTP header can carry");
  }
  return key || undefined;
}

/**
 * The `fetch` of a provider's client library: it limits what is read, reaches only the server's addresses, follows no
 * redirect, and gives refusals in one form.
 */
export function createProviderFetch({ baseUrl, addresses }: ProviderServer): LibraryFetch {
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
  return async (url, init) => readable(await fetch(url as string, init));
}

/** A refusal in the one form that `openai` reads. */
async function readable(response: Response): Promise<Response> {
  // A response with status 304 can't have a body.
  if (response.ok || response.status < 200 || response.status === 304) return response;
  const { status, headers } = response;
  const text = await response.text();
  const body = toRefusalBody(text, headers.get('content-type'));
  const kept = refusalHeaders(headers);
  // Google has the pause in the body.
  const delay = /"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"/.exec(text)?.[1];
  if (delay !== undefined && !kept.has('retry-after')) kept.set('retry-after', delay);
  return new Response(JSON.stringify(body), { status, headers: kept });
}

/** The headers about retries and the request's id. The others describe the body that was replaced. */
function refusalHeaders(headers: Headers): Headers {
  const kept = new Headers({ 'content-type': 'application/json' });
  for (const name of ['retry-after', 'retry-after-ms', 'x-ms-retry-after-ms', 'x-request-id', 'request-id']) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
