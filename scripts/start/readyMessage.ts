import { isKeyed } from '../../config.js';
import type { RunFile } from './dataDir.js';

/** The text that is printed when the service is ready: addresses and two commands to try. */
export function readyMessage(run: RunFile, config: Parameters<typeof isKeyed>[0]): string {
  const key = isKeyed(config) ? `-H 'Authorization: Bearer '"$KEY" ` : '';
  const post = `curl -N ${key}-H 'Accept: text/event-stream' --json '{"text":"Good evening, Mira."}' ${run.api}/v1/chats/${run.demoChatId}/turns`;
  return [
    '',
    'Ready.',
    `  Page         ${run.api}/`,
    `  API docs     ${run.api}/docs`,
    ...(run.temporalUi ? [`  Temporal UI  ${run.temporalUi}`] : []),
    ...(run.demoChatId
      ? ['', 'Try, in another terminal:', `  ${post}`, '  npm run turn -- "What do you see out there?"']
      : ['', 'There is no demo chat: it is made with a key of API_KEYS, and there is none.']),
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}
