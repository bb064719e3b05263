import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../../config.js';
import { Problem } from './problem.js';

/**
 * `level`: what tools may do for its holder, 1 read to 3 dangerous. `stopsOnClose`: on the mounts of other protocols, a
 * connection that closes stops its turn.
 */
export type ApiKey = { key: string; owner: string; level?: number; stopsOnClose?: boolean };

/** Who sends a request. */
export type Caller = { owner: string; level: number; stopsOnClose: boolean };
type RequestHeaders = Record<string, string | string[] | undefined>;

export type Auth = {
  /** Whether keys are required. Without keys there is one local owner, on loopback only. */
  readonly keyed: boolean;
  /** The owner that a key belongs to; without keys always the local owner. Null when the key is unknown. */
  ownerOfKey(key: string | undefined): string | null;
  /** The caller of a request. Throws `unauthorized`. */
  callerOf(headers: RequestHeaders): Caller;
  /** Throws `foreign_host` when, without keys, the request names a host that is not this machine. */
  checkHost(headers: RequestHeaders): void;
  /** Whether the `Origin` is allowed: none, this server's own, or one of the configuration. */
  originAllowed(headers: RequestHeaders): boolean;
};

const localOwner = 'local';

const digest = (key: string) => createHash('sha256').update(key).digest();

/** Authentication by keys, and protection from web pages of other sites. */
export function createAuth(options: { apiKeys: ApiKey[] | undefined; allowedOrigins: string[] }): Auth {
  const keys = (options.apiKeys ?? []).map(({ key, owner, level = 3, stopsOnClose = false }) => ({
    hash: digest(key),
    owner,
    level,
    stopsOnClose,
  }));
  const keyed = keys.length > 0;
  const allowed = new Set(options.allowedOrigins);

  const callerOfKey = (key: string | undefined): Caller | null => {
    if (!keyed) return { owner: localOwner, level: 3, stopsOnClose: false };
    if (key === undefined) return null;
    const hash = digest(key);
    let caller: Caller | null = null;
    // Every key is compared in constant time, so the duration reveals nothing.
    for (const candidate of keys) if (timingSafeEqual(candidate.hash, hash)) caller = candidate;
    return caller;
  };

  const callerOf = (headers: RequestHeaders): Caller => {
    const caller = callerOfKey(bearerOf(headers));
    if (caller === null) throw new Problem('unauthorized', undefined, { 'WWW-Authenticate': 'Bearer' });
    return caller;
  };

  return {
    keyed,
    ownerOfKey: (key) => callerOfKey(key)?.owner ?? null,
    callerOf,
    checkHost(headers) {
      // DNS rebinding: a page of a site whose name resolves to 127.0.0.1 still sends that name.
      if (keyed || isLoopback(hostnameOf(one(headers.host)) ?? '')) return;
      throw new Problem(
        'foreign_host',
        'Without API_KEYS only requests to this machine are served: use http://127.0.0.1',
      );
    },
    originAllowed(headers) {
      const origin = one(headers.origin);
      if (origin === undefined || allowed.has(origin)) return true;
      if (!URL.canParse(origin)) return false;
      const { host, protocol } = new URL(origin);
      return host === one(headers.host)?.toLowerCase() && protocol === `${schemeOf(headers)}:`;
    },
  };
}

/**
 * The scheme of the client's request. The server speaks plain HTTP; a proxy that terminates TLS sets
 * `X-Forwarded-Proto`, which no web page of another origin can set.
 */
function schemeOf(headers: RequestHeaders): string {
  const forwarded = one(headers['x-forwarded-proto'])?.split(',')[0]?.trim().toLowerCase();
  return forwarded || 'http';
}

function bearerOf(headers: RequestHeaders): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(one(headers.authorization) ?? '')?.[1];
}

function hostnameOf(host: string | undefined): string | undefined {
  if (!host || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
