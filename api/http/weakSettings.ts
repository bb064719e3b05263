import type { Config } from '../../config.js';
import type { Log } from '../../telemetry/log/log.js';

/** Keys that are shorter can be found by trying. */
const shortestKey = 16;

/** Says at start what of the configuration is easy to get past, and what can't work. Keys themselves are never said. */
export function warnOfWeakSettings(
  config: Pick<Config, 'API_KEYS' | 'GATEWAY_TOKEN' | 'RELAY_URL'>,
  log: Pick<Log, 'warn'>,
): void {
  const short = (config.API_KEYS ?? []).filter(({ key }) => key.length < shortestKey).length;
  if (short > 0)
    log.warn(
      { keys: short },
      `API_KEYS: keys of fewer than ${shortestKey} characters can be guessed; make longer ones`,
    );
  if (!config.GATEWAY_TOKEN && !config.RELAY_URL)
    log.warn('GATEWAY_TOKEN is not set, so no worker is let in: tokens come from checkpoints, later');
}
