import { existsSync } from 'node:fs';
import { ConfigError, readConfig } from '../../config.js';
import { stopSignals } from '../processes/stopSignals.js';
import { messageOf, StartAborted, StartFailure } from './failure.js';
import { localChatsHint } from './localChats.js';
import { readyMessage } from './readyMessage.js';
import { createService, type Service } from './service.js';

/** `npm start`: runs the whole service on this machine until Ctrl-C or SIGTERM. */
const say = (line: string) => console.log(line);
// A closed terminal or pipe must not end the launcher before its children.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

async function main(): Promise<void> {
  const stop = stopSignals();
  let service: Service | null = null;
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    const config = readConfig();
    const askedPort = process.env.PORT ? config.PORT || undefined : undefined;
    service = createService({ config, askedPort, say });
    stop.onSecond(() => killAll(service));
    const run = await service.start(stop.signal);
    say(readyMessage(run, config));
    const hint = await localChatsHint(config, run.databaseUrl);
    if (hint) say(`\n${hint}`);
    await stop.requested;
  } catch (error) {
    if (!(error instanceof StartAborted)) fail(error);
  }
  await service?.stop();
}

/** Kills everything and exits, without waiting for processes that hang. */
function killAll(service: Service | null): void {
  service?.kill();
  setTimeout(() => process.exit(1), 2_000);
}

function fail(error: unknown): void {
  process.exitCode = 1;
  if (error instanceof ConfigError) console.error(`Wrong configuration:\n${error.message}`);
  else if (error instanceof StartFailure) console.error(error.message);
  else console.error(`Could not start: ${messageOf(error)}`, error);
}

void main()
  .catch(fail)
  .finally(() => process.exit());
