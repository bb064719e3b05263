import { type Config, isLoopback } from '../../config.js';
import type { Log } from '../../telemetry/log/log.js';

/** Shorter keys can be guessed. */
const shortestKey = 16;
/** RFC 7518: a secret of HS256 has as many bytes as its hash. */
const shortestSecret = 32;

/** Warns at the start of weak keys and secrets, and of a missing gateway token. Never logs a key. */
export function warnOfWeakSettings(
  config: Weak & Pick<Config, 'API_KEYS' | 'GATEWAY_TOKEN' | 'RELAY_URL'>,
  log: Pick<Log, 'warn'>,
): void {
  const short = (config.API_KEYS ?? []).filter(({ key }) => key.length < shortestKey).length;
  if (short > 0)
    log.warn({ keys: short }, `API_KEYS: keys of fewer than ${shortestKey} characters can be guessed; use longer ones`);
  warnOfWeakTokens(config, log);
  if (!config.GATEWAY_TOKEN && !config.RELAY_URL)
    log.warn('GATEWAY_TOKEN is not set, so no worker can connect: viewers get tokens from checkpoints, later');
}

type Weak = Pick<Config, 'AUTH_JWKS_URL' | 'AUTH_JWT_SECRET' | 'AUTH_JWT_AUDIENCE' | 'TOKEN_SECRET'>;

function warnOfWeakTokens(config: Weak, log: Pick<Log, 'warn'>): void {
  for (const name of ['AUTH_JWT_SECRET', 'TOKEN_SECRET'] as const) {
    const secret = config[name];
    if (secret !== undefined && Buffer.byteLength(secret) < shortestSecret)
      log.warn(`${name}: a secret of fewer than ${shortestSecret} bytes can be guessed; use a longer one`);
  }
  if (config.AUTH_JWKS_URL === undefined) return;
  const { protocol, hostname } = new URL(config.AUTH_JWKS_URL);
  if (protocol === 'http:' && !isLoopback(hostname))
    log.warn('AUTH_JWKS_URL is not https: whoever can change its answers can make tokens');
  if (config.AUTH_JWT_AUDIENCE === undefined)
    log.warn('AUTH_JWT_AUDIENCE is not set: tokens that the issuer made for other services are accepted too');
}
