import type { Config } from '../../config.js';
import type { Log } from '../../telemetry/log/log.js';
import { type Auth, createAuth } from '../http/auth.js';
import { type AccessTokens, createAccessTokens } from './accessTokens.js';
import { openKeyFile } from './keyFile.js';
import { readTokenSecret } from './tokenSecret.js';
import { createUserTokens, type UserTokens } from './userTokens.js';

export type OpenAuth = {
  auth: Auth;
  tokens: AccessTokens;
  /** The owners of the keys at the start. */
  owners: readonly string[];
  close(): void;
};

/** Authentication by the settings. Reads API_KEYS_FILE, and makes a secret for tokens if there is none. */
export async function openAuth(config: Config, log: Log): Promise<OpenAuth> {
  const secret = await readTokenSecret(config.TOKEN_SECRET, config.DATA_DIR, log);
  const tokens = createAccessTokens(secret);
  const keyFile = config.API_KEYS_FILE === undefined ? null : openKeyFile(config.API_KEYS_FILE, log);
  const auth = createAuth({
    apiKeys: config.API_KEYS,
    allowedOrigins: config.ALLOWED_ORIGINS,
    keyFile,
    users: usersOf(config, log),
    tokens,
  });
  const owners = [...(config.API_KEYS ?? []), ...(keyFile?.keys() ?? [])].map(({ owner }) => owner);
  return { auth, tokens, owners, close: () => keyFile?.close() };
}

function usersOf(config: Config, log: Log): UserTokens | null {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_JWT_SECRET: secret } = config;
  const source = jwksUrl ? { jwksUrl } : secret ? { secret } : null;
  const { AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: audience, AUTH_OWNER_CLAIM: ownerClaim } = config;
  return source && createUserTokens({ source, issuer, audience, ownerClaim }, log);
}
