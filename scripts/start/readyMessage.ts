import type { Config } from '../../config.js';
import type { RunFile } from './dataDir.js';

/** What is printed when all is up: where it is, and two lines to try. */
export function welcome(run: RunFile, config: Pick<Config, 'API_KEYS'>): string {
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
