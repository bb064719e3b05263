import OpenAI from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';

/** Longer than an idle turn, shorter than what providers' load balancers keep. */
const KEEP_ALIVE_MS = 30_000;

/** `openai` with nothing of its own that would compete with ours: no retries, clocks, log or environment. */
export function createProviderClient({ baseUrl, apiKey }: { baseUrl: string; apiKey: string | undefined }): OpenAI {
  const key = apiKey?.trim();
  if (key && !/^[\x21-\x7e]+$/.test(key)) {
    throw new Error("the provider's API key holds characters that no HTTP header can carry");
  }
  // its own connections, unlimited in number; how long they may be silent is the caller's to say
  const dispatcher = new Agent({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 0, bodyTimeout: 0 });
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
    fetch: (url, init) =>
      undiciFetch(url as string, { ...(init as object), dispatcher }) as unknown as Promise<Response>,
  });
}
