import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type ExportedJWKSCache,
  errors,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose';
import { withinOr } from '../../lib/within.js';
import type { Log } from '../../telemetry/log/log.js';

/** Milliseconds: for one read of the key set, between two reads, and until keys are read again. */
const times = { timeoutDuration: 3_000, cooldownDuration: 1_000, cacheMaxAge: 600_000 };
/** How long keys are used while their server is away, in milliseconds, and how seldom it is then asked. */
const staleMs = 3_600_000;
const retryWithKeysMs = 5_000;
/** The longest that a token of a known key waits for the key set to be read again, in milliseconds. */
const patienceMs = 300;
const maxBytes = 1024 * 1024;
const logEveryMs = 30_000;

/** The key set can't be read, so that a token can be neither accepted nor refused. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The keys of a JWKS URL, as jose's `jwtVerify` takes them. They are read again every ten minutes, and at once for a key
 * that is not among them, at most once a second. While the server is away or slow, the keys of the last hour hold. Throws
 * `KeysUnavailable`.
 */
export function createJwks(
  url: string,
  log: Pick<Log, 'warn'>,
  { cacheMaxAge } = { cacheMaxAge: times.cacheMaxAge },
): JWTVerifyGetKey {
  const cache: ExportedJWKSCache | Record<string, never> = {};
  const options = { ...times, cacheMaxAge, [jwksCache]: cache, [customFetch]: boundedFetch };
  const remote = createRemoteJWKSet(new URL(url), options);
  let failedAt = -Infinity;
  let loggedAt = -Infinity;
  let last: { uat: number; keys: ReturnType<typeof createLocalJWKSet> } | null = null;

  /** Refused for a key that is not in the set. If the set was not read during this call, it may have changed since. */
  const find: JWTVerifyGetKey = async (header, token) => {
    const before = cache.uat;
    try {
      return await remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || cache.uat === undefined || cache.uat !== before) throw error;
      await pause(Math.max(0, cache.uat + times.cooldownDuration - Date.now()) + 1);
      return remote(header, token);
    }
  };

  const findStale = async (...[header, token]: Parameters<JWTVerifyGetKey>) => {
    const { uat, jwks } = cache;
    if (uat === undefined || jwks === undefined || Date.now() - uat > staleMs) throw new KeysUnavailable();
    if (last?.uat !== uat) last = { uat, keys: createLocalJWKSet(jwks) };
    try {
      return await last.keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw new KeysUnavailable();
      throw error;
    }
  };

  const findOrStale = async (...[header, token]: Parameters<JWTVerifyGetKey>) => {
    try {
      return await find(header, token);
    } catch (error) {
      if (!isUnread(error)) throw error;
      failedAt = Date.now();
      if (failedAt - loggedAt > logEveryMs) {
        log.warn({ err: error }, 'AUTH_JWKS_URL can not be read');
        loggedAt = failedAt;
      }
      return findStale(header, token);
    }
  };

  return async (header, token) => {
    // Requests with known keys must not wait for a server that does not answer.
    const pauseMs = cache.uat === undefined ? times.cooldownDuration : retryWithKeysMs;
    if (Date.now() - failedAt < pauseMs) return findStale(header, token);
    const found = findOrStale(header, token);
    const inTime = await withinOr(patienceMs, found, null);
    if (inTime) return inTime;
    const known = await findStale(header, token).catch(() => null);
    if (!known) return found;
    found.catch(() => undefined);
    return known;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether the key set could not be read, or was none. jose has one class for a wrong status and for wrong JSON. */
function isUnread(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === 'ERR_JOSE_GENERIC'
  );
}

/** A fetch whose answer is at most 1 MiB. */
async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error('the key set is larger than 1 MiB');
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status: response.status });
}
