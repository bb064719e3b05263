import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Client, createClient, UnreachableError } from '../client/src/index.js';
import { readConfig } from '../config.js';
import { dataDirAt } from './start/dataDir.js';
import { messageOf } from './start/failure.js';
import { createTurnPrinter, type TurnOutcome } from './turn/turnPrinter.js';

/** `npm run turn -- "text" [--chat ID]`: a turn in a running service, its reply printed as it streams. */
const goOnWithinMs = 30_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { chat: { type: 'string' } } });
  const text = positionals.join(' ').trim();
  if (!text) return complain('Say what: npm run turn -- "Good evening, Mira." [--chat ID]');
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfig();
  const run = await dataDirAt(resolve(config.DATA_DIR)).readRun();
  if (!run) return complain(`No service runs on ${config.DATA_DIR}. Start one with: npm start`);
  const chatId = values.chat ?? run.demoChatId;
  if (!chatId) return complain('There is no demo chat. Name one with --chat ID');
  const client = createClient({ baseUrl: run.api, key: config.API_KEYS?.[0]?.key ?? null, WebSocket: null });
  const outcome = await printTurn(client, chatId, text);
  process.stdout.write('\n');
  if (outcome.status === 'completed') return 0;
  return complain(`The turn ended as ${outcome.status}${outcome.error ? `: ${outcome.error.message}` : ''}`);
}

/** Posts the turn and prints its reply until it ends, over lost connections of up to half a minute. */
async function printTurn(client: Client, chatId: string, text: string): Promise<TurnOutcome> {
  const turn = await client.postTurn(chatId, { text }, { attempts: 4 });
  const printer = createTurnPrinter(turn.id, (piece) => process.stdout.write(piece));
  return new Promise((resolve, reject) => {
    let away: NodeJS.Timeout | undefined;
    const end = (settle: () => void) => {
      clearTimeout(away);
      following.close();
      settle();
    };
    const giveUp = (why: string) => end(() => reject(new Error(`${why} The turn goes on as ${turn.id}.`)));
    const following = client.followChat(chatId, {
      after: turn.userTurnSeq - 1,
      onFrame(frame) {
        const outcome = printer.frame(frame);
        if (outcome) end(() => resolve(outcome));
      },
      onState(state) {
        if (state.name === 'refused') giveUp(`The chat can not be followed: ${state.code}.`);
        if (state.name === 'live') clearTimeout(away);
        if (state.name === 'waiting') {
          clearTimeout(away);
          away = setTimeout(() => giveUp('The service is away.'), goOnWithinMs);
        }
      },
    });
  });
}

function complain(sentence: string): number {
  console.error(sentence);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isAway = error instanceof UnreachableError;
  process.exitCode = complain(isAway ? 'The service does not answer. Start it with: npm start' : messageOf(error));
}
