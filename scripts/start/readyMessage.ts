import type { Config } from '../../config.js';
import type { RunFile } from './dataDir.js';

/** The text that is printed when the service is ready: addresses and two commands to try. */
export function readyMessage(run: RunFile, config: Pick<Config, 'API_KEYS'>): string {
  const key = config.API_KEYS?.length ? `-H 'Authorization: Bearer '"$KEY" ` : '';
  const post = `curl -N ${key}-H 'Accept: text/event-stream' --json '{"text":"Good evening, Mira."}' ${run.api}/v1/chats/${run.demoChatId}/turns`;
  return [
    '',
    'Ready.',
    `  Page         ${run.api}/`,
    `  API docs     ${run.api}/docs`,
    ...(run.temporalUi ? [`  Temporal UI  ${run.temporalUi}`] : []),
    '',
    'Try, in another terminal:',
    `  ${post}`,
    '  npm run turn -- "What do you see out there?"',
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}
