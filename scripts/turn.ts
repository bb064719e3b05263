import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { readConfig } from '../src/config.js';
import type { ViewerFrame } from '../src/domain/frames.js';
import { dataDirAt } from './start/dataDir.js';
import { messageOf } from './start/failure.js';
import { pause } from './start/poll.js';
import { createTurnPrinter, type TurnOutcome } from './turn/turnPrinter.js';

/** `npm run turn -- "text" [--chat ID]`: a turn in a running service, its reply printed as it streams. */
type Target = { api: string; chatId: string; headers: Record<string, string> };

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
  const key = config.API_KEYS?.[0]?.key;
  const target: Target = { api: run.api, chatId, headers: key ? { authorization: `Bearer ${key}` } : {} };
  const outcome = await printTurn(target, text);
  process.stdout.write('\n');
  if (outcome.status === 'completed') return 0;
  return complain(`The turn ended as ${outcome.status}${outcome.error ? `: ${outcome.error.message}` : ''}`);
}

/** Posts the turn and prints it to its end; a lost connection is taken up again where it broke. */
async function printTurn({ api, chatId, headers }: Target, text: string): Promise<TurnOutcome> {
  const accept = { ...headers, accept: 'text/event-stream' };
  const posted = await fetch(`${api}/v1/chats/${encodeURIComponent(chatId)}/turns`, {
    method: 'POST',
    headers: { ...accept, 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (!posted.ok) throw new Error(`The api refused the turn: ${await reasonOf(posted)}`);
  const turnId = posted.headers.get('location')?.split('/').at(-1) ?? '';
  const printer = createTurnPrinter(turnId, (piece) => process.stdout.write(piece));
  let response: Response | null = posted;
  for (let brokenAt = 0; ; ) {
    try {
      response ??= await fetch(`${api}/v1/chats/${encodeURIComponent(chatId)}/events?after=${printer.seq()}`, {
        headers: accept,
      });
      for await (const frame of framesOf(response)) {
        brokenAt = 0;
        const outcome = printer.frame(frame);
        if (outcome) return outcome;
      }
    } catch (error) {
      if (brokenAt && Date.now() - brokenAt > goOnWithinMs) throw error;
    }
    brokenAt ||= Date.now();
    if (Date.now() - brokenAt > goOnWithinMs)
      throw new Error(`The service is away; the turn is ${api}/v1/turns/${turnId}`);
    response = null;
    await pause(250, new AbortController().signal);
  }
}

async function* framesOf(response: Response): AsyncGenerator<ViewerFrame> {
  if (!response.ok || !response.body) throw new Error(await reasonOf(response));
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) yield JSON.parse(data) as ViewerFrame;
}

/** What a problem+json says, else the body as it is. */
async function reasonOf(response: Response): Promise<string> {
  const body = await response.text();
  try {
    const { title, detail } = JSON.parse(body) as { title?: string; detail?: string };
    return detail ?? title ?? body;
  } catch {
    return `${response.status} ${body.slice(0, 300)}`;
  }
}

function complain(sentence: string): number {
  console.error(sentence);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const refused = messageOf(error instanceof TypeError && error.cause ? error.cause : error);
  process.exitCode = complain(
    refused.includes('ECONNREFUSED') ? 'The service does not answer. Start it with: npm start' : refused,
  );
}
