import { createHash } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { isOwnerName } from '../../lib/ownerName.js';
import type { Log } from '../../telemetry/log/log.js';
import { Problem } from '../http/problem.js';
import type { Caller } from './caller.js';
import { createJwks, KeysUnavailable } from './jwks.js';
import { expired, invalidToken } from './refusals.js';

/** The settings `AUTH_…`. `source`: the URL of a key set, or the secret that signs. */
export type UserTokenSettings = {
  source: { jwksUrl: string } | { secret: string };
  issuer: string | undefined;
  audience: string | undefined;
  ownerClaim: string;
};

/** Bearer tokens of the operator's own users: JWTs. */
export type UserTokens = {
  /** The caller of a token. Throws `unauthorized`, `token_expired`, or `auth_unavailable` when keys can't be read. */
  verify(token: string): Promise<Caller>;
  /** The `Caller.parent` of all of them. It changes with the settings. */
  readonly parent: string;
};

/** Never a symmetric algorithm with a key set: its keys are public. */
const algorithms = {
  jwks: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  secret: ['HS256'],
};
/** Seconds by which the clock of the issuer may be ahead. An expired token gets none. */
const clockTolerance = 5;

export function createUserTokens(settings: UserTokenSettings, log: Pick<Log, 'warn'>): UserTokens {
  const { source, issuer, audience, ownerClaim } = settings;
  const options: JWTVerifyOptions = {
    algorithms: 'secret' in source ? algorithms.secret : algorithms.jwks,
    clockTolerance,
    requiredClaims: ['exp', ownerClaim],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  const secret = 'secret' in source ? new TextEncoder().encode(source.secret) : null;
  const getKey: JWTVerifyGetKey = secret
    ? async () => secret
    : createJwks((source as { jwksUrl: string }).jwksUrl, log);
  const parent = `user:${createHash('sha256').update(JSON.stringify(settings)).digest('hex')}`;

  return {
    parent,
    async verify(token) {
      const payload = await verifySignature(token, getKey, options).catch(refuse);
      const expiresAt = (payload.exp ?? 0) * 1_000;
      if (expiresAt <= Date.now()) throw expired();
      const owner = ownerOf(payload, ownerClaim);
      const level = levelOf(payload);
      return { owner, level, stopsOnClose: false, credential: 'user', rights: null, expiresAt, parent };
    },
  };
}

/** Verifies a token. One without `kid` is tried with each key that fits. */
async function verifySignature(token: string, getKey: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, getKey, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (wrong) {
        if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Throws the problem of a token that is not accepted. A detail names a claim, never its value. */
function refuse(error: unknown): never {
  if (error instanceof KeysUnavailable) throw new Problem('auth_unavailable', undefined, { 'Retry-After': '2' });
  if (error instanceof errors.JWTExpired) throw expired();
  if (error instanceof errors.JWTClaimValidationFailed) throw invalidToken(`its claim ${error.claim} is not accepted`);
  if (error instanceof errors.JOSEAlgNotAllowed) throw invalidToken('its algorithm is not accepted');
  if (error instanceof errors.JWKSNoMatchingKey) throw invalidToken('no key of the key set has signed it');
  throw invalidToken('it can not be verified');
}

function ownerOf(payload: JWTPayload, claim: string): string {
  const owner = payload[claim];
  if (typeof owner !== 'string' || !isOwnerName(owner))
    throw invalidToken(`its claim ${claim} must be 1 to 200 characters without blanks and colons`);
  return owner;
}

function levelOf({ level = 1 }: JWTPayload): number {
  if (level !== 1 && level !== 2 && level !== 3) throw invalidToken('its claim level must be 1, 2 or 3');
  return level;
}
