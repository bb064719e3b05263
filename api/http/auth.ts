import { isLoopback } from '../../config.js';
import { type AccessTokens, isAccessToken } from '../auth/accessTokens.js';
import { type Caller, type Ended, localCaller } from '../auth/caller.js';
import type { KeyFile } from '../auth/keyFile.js';
import { createKeyList, hashKey } from '../auth/keyList.js';
import { unauthorized } from '../auth/refusals.js';
import { createSessions } from '../auth/sessions.js';
import type { UserTokens } from '../auth/userTokens.js';
import { Problem } from './problem.js';

/**
 * `level`: what tools may do for its holder, 1 read to 3 dangerous. `stopsOnClose`: on the mounts of other protocols, a
 * connection that closes stops its turn.
 */
export type ApiKey = { key: string; owner: string; level?: number; stopsOnClose?: boolean };

type RequestHeaders = Record<string, string | string[] | undefined>;

export type AuthOptions = {
  apiKeys: ApiKey[] | undefined;
  allowedOrigins: string[];
  /** Keys by their hash, in a file. */
  keyFile?: KeyFile | null;
  /** Tokens of the operator's own users. */
  users?: UserTokens | null;
  /** Tokens of `POST /v1/tokens`; left out: there are none. */
  tokens?: AccessTokens | null;
};

export type Auth = {
  /** Whether keys are required. Without keys there is one local owner, on loopback only. */
  readonly keyed: boolean;
  /**
   * The caller with a key or a token; without keys the local owner. Throws `unauthorized`, `token_expired`, or
   * `auth_unavailable` when the keys of the operator's users can't be read.
   */
  authenticate(credential: string | undefined): Promise<Caller>;
  /** The caller of a request, from its header `Authorization`. Throws as `authenticate` does. */
  callerOf(headers: RequestHeaders): Promise<Caller>;
  /** Calls `end` once when the caller's credential has ended or was removed. Returns how to stop watching. */
  follow(caller: Caller, end: (why: Ended) => void): () => void;
  /** Throws `foreign_host` when, without keys, the request names a host that is not this machine. */
  checkHost(headers: RequestHeaders): void;
  /** Whether the `Origin` is allowed: none, this server's own, or one of the configuration. */
  originAllowed(headers: RequestHeaders): boolean;
};

/** Authentication by keys and tokens, and protection from web pages of other sites. */
export function createAuth(options: AuthOptions): Auth {
  const { users = null, tokens = null, keyFile = null } = options;
  const fixed = (options.apiKeys ?? []).map(({ key, owner, level = 3, stopsOnClose = false }) => ({
    hash: hashKey(key),
    owner,
    level,
    stopsOnClose,
  }));
  const keys = createKeyList(() => (keyFile ? [...keyFile.keys(), ...fixed] : fixed));
  const keyed = fixed.length > 0 || keyFile !== null || users !== null;
  const allowed = new Set(options.allowedOrigins);
  const sessions = createSessions(holds);
  keyFile?.onChange(sessions.recheck);

  /** The rights that a `Caller.parent` stands for at present. Owner and level of a user's token are in the token. */
  function findParent(matches: (parent: string) => boolean) {
    if (!keyed) return matches(localCaller.parent) ? localCaller : null;
    const key = keys.findParent(matches);
    if (key || !users || !matches(users.parent)) return key;
    return { owner: null, level: 3, stopsOnClose: false, parent: users.parent };
  }

  function holds(caller: Caller): boolean {
    const now = findParent((parent) => parent === caller.parent);
    return now !== null && (now.owner ?? caller.owner) === caller.owner && now.level >= caller.level;
  }

  async function authenticate(credential: string | undefined): Promise<Caller> {
    if (credential !== undefined && tokens && isAccessToken(credential) && !keys.find(credential))
      return tokens.verify(credential, findParent);
    if (!keyed) return localCaller;
    if (credential === undefined) throw unauthorized();
    const caller = keys.find(credential);
    if (caller) return caller;
    if (users && isJwt(credential)) return users.verify(credential);
    throw unauthorized();
  }

  return {
    keyed,
    authenticate,
    callerOf: (headers) => authenticate(bearerOf(headers)),
    follow: sessions.follow,
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

/** Three parts in base64url. */
const isJwt = (credential: string) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential);

/**
 * The scheme of the client's request. The server speaks plain HTTP; a proxy that terminates TLS sets
 * `X-Forwarded-Proto`, which no web page of another origin can set.
 */
function schemeOf(headers: RequestHeaders): string {
  const forwarded = one(headers['x-forwarded-proto'])?.split(',')[0]?.trim().toLowerCase();
  return forwarded || 'http';
}

/** The key or token of the header `Authorization`. */
export function bearerOf(headers: RequestHeaders): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(one(headers.authorization) ?? '')?.[1];
}

function hostnameOf(host: string | undefined): string | undefined {
  if (!host || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
