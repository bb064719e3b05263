import type { Config } from '../../config.js';
import type { Log } from '../../telemetry/log/log.js';

/** Shorter keys can be guessed. */
const shortestKey = 16;

/** Warns at the start of weak keys and of a missing gateway token. Never logs a key. */
export function warnOfWeakSettings(
  config: Pick<Config, 'API_KEYS' | 'GATEWAY_TOKEN' | 'RELAY_URL'>,
  log: Pick<Log, 'warn'>,
): void {
  const short = (config.API_KEYS ?? []).filter(({ key }) => key.length < shortestKey).length;
  if (short > 0)
    log.warn({ keys: short }, `API_KEYS: keys of fewer than ${shortestKey} characters can be guessed; use longer ones`);
  if (!config.GATEWAY_TOKEN && !config.RELAY_URL)
    log.warn('GATEWAY_TOKEN is not set, so no worker can connect: viewers get tokens from checkpoints, later');
}
