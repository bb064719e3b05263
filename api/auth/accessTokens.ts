import { createHmac } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Caller, TokenRights } from './caller.js';
import { expired, invalidToken } from './refusals.js';

/** What a token begins with, so that it is not taken for a key or for a token of the operator's users. */
const prefix = 'dtt_';
const typ = 'durable-turns';
const algorithm = 'HS256';

/** The most chats that a token can name: a longer one exceeds what proxies take as a header. */
export const maxTokenChats = 100;

const claims = z.object({
  sub: z.string(),
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  scope: z.enum(['read', 'write']),
  chats: z.array(z.string()).min(1).optional(),
  parent: z.string(),
  exp: z.number(),
});

/** Tokens of `POST /v1/tokens`: JWTs signed with `TOKEN_SECRET`. */
export type AccessTokens = {
  /** Signs a token. `rights` and `expiresAt`, in milliseconds since 1970, must not exceed those of the parent. */
  sign(parent: Caller, rights: TokenRights, expiresAt: number): Promise<string>;
  /**
   * The caller of a token. `findParent` gives the present rights of its parent, whose `Caller.parent` matches; null when
   * it has been removed. Throws `token_expired` or `unauthorized`.
   */
  verify(token: string, findParent: FindParent): Promise<Caller>;
};

export type FindParent = (matches: (parent: string) => boolean) =>
  | (Pick<Caller, 'level' | 'parent' | 'stopsOnClose'> & {
      owner: string | null;
    })
  | null;

export const isAccessToken = (credential: string): boolean => credential.startsWith(prefix);

export function createAccessTokens(secret: string): AccessTokens {
  // The secret may serve other purposes too: this key is only for these tokens.
  const key = createHmac('sha256', secret).update('tokens of POST /v1/tokens').digest();
  // Whoever has a token must not be able to guess the key behind it from its hash.
  const signParent = (parent: string) => createHmac('sha256', key).update(parent).digest('base64url');

  return {
    async sign({ owner, level, parent }, { scope, chatIds }, expiresAt) {
      const named = chatIds === null ? {} : { chats: chatIds };
      const jwt = await new SignJWT({ level, scope, ...named, parent: signParent(parent), exp: expiresAt / 1_000 })
        .setProtectedHeader({ alg: algorithm, typ })
        .setSubject(owner)
        .sign(key);
      return prefix + jwt;
    },
    async verify(token, findParent) {
      const found = await readClaims(token.slice(prefix.length), key);
      const parent = findParent((candidate) => signParent(candidate) === found.parent);
      if (!parent || (parent.owner ?? found.sub) !== found.sub) throw invalidToken('what it was made with was removed');
      return {
        owner: found.sub,
        level: Math.min(found.level, parent.level),
        stopsOnClose: parent.stopsOnClose,
        credential: 'token',
        rights: { scope: found.scope, chatIds: found.chats ?? null },
        expiresAt: found.exp * 1_000,
        parent: parent.parent,
      };
    },
  };
}

async function readClaims(jwt: string, key: Uint8Array): Promise<z.output<typeof claims>> {
  try {
    const { payload } = await jwtVerify(jwt, key, { algorithms: [algorithm], typ, requiredClaims: ['exp'] });
    const found = claims.parse(payload);
    // jose compares whole seconds.
    if (found.exp * 1_000 <= Date.now()) throw new errors.JWTExpired('expired', payload);
    return found;
  } catch (error) {
    throw error instanceof errors.JWTExpired ? expired() : invalidToken('it can not be verified');
  }
}
