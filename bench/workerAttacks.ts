import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createChat } from '../db/chats/newChat.js';
import { editDocument } from '../db/documents/changes.js';
import { createDocument } from '../db/documents/documents.js';
import { close, listen, readBody, sendJson } from '../scripts/provider/http.js';
import { owner } from '../test/support/chats/chats.js';
import { block } from '../test/support/chats/documents.js';
import teardown from '../test/support/jest/teardown.js';
import { asking, tool } from '../test/support/provider/agentReply.js';
import type { ProviderCall } from '../test/support/provider/scriptedProvider.js';
import { ending, whole } from '../test/support/provider/scriptedReply.js';
import setup from '../test/support/service/globalSetup.js';
import { startWorkerFleet, type WorkerFleet } from '../test/support/service/workerFleet.js';

/**
 * What a model's server or a tool can do to a worker: attacks on a worker in a process of its own, each on a fresh
 * one, with the worker's memory and the longest time that its event loop stood still. `node --import tsx
 * bench/workerAttacks.ts` prints the table of docs/attacks.md. All of it stays on 127.0.0.1.
 */
const WINDOW_MS = Number(process.argv[2] ?? 45) * 1_000;

type Seen = { attack: string; ended: string; asked: number; before: number; peak: number; standstill: number };

const mebibytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Loaded into the worker: writes down how long its event loop has stood still. */
const probe = (file: string) => `
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeFileSync } from 'node:fs';
if (process.argv[1]?.endsWith('worker/main.ts')) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  setInterval(() => {
    writeFileSync(${JSON.stringify(file)}, JSON.stringify({ max: delay.max / 1e6, at: Date.now() }));
  }, 50).unref();
  process.on('SIGUSR2', () => delay.reset());
}`;

/** An MCP server whose tool \`flood\` refuses with 1 GiB in 1 MiB, and whose tool \`slow\` has a slow pattern. */
async function startEvilTools() {
  const piece = gzipSync(Buffer.alloc(16 * 1024 * 1024, 'x'));
  const pattern = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
  const tools = [
    { name: 'flood', inputSchema: { type: 'object' } },
    { name: 'slow', inputSchema: pattern },
  ];
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const message = JSON.parse(await readBody(request)) as { id?: number; method: string };
    const reply = (result: object) => sendJson(response, 200, { jsonrpc: '2.0', id: message.id, result });
    if (message.id === undefined) return void response.writeHead(202).end();
    const serverInfo = { name: 'evil', version: '1' };
    if (message.method === 'initialize')
      return reply({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo });
    if (message.method === 'tools/list') return reply({ tools });
    response.writeHead(500, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    for (let n = 0; n < 64; n++) response.write(piece);
    response.end();
  });
  return { url: `http://127.0.0.1:${await listen(server, 0)}/mcp`, close: () => close(server) };
}

const isSubagent = ({ requestId }: Pick<ProviderCall, 'requestId'>) => requestId?.includes('/tool:') ?? false;
const hasResults = ({ body }: Pick<ProviderCall, 'body'>) => body.messages.some(({ role }) => role === 'tool');

type Attack = { name: string; chat: (fleet: WorkerFleet) => Promise<string>; script: (fleet: WorkerFleet) => void };

const enabledTools = ['calculate', 'delegate', 'mcp_evil_flood', 'mcp_evil_slow'];
const agent = async ({ pool }: WorkerFleet) =>
  (await createChat(pool, owner, { kind: 'agent', title: null, documentId: null, settings: { enabledTools } })).id;
const calls = (...asked: ReturnType<typeof tool>[]): Attack['script'] => {
  return ({ provider }) => provider.script((call) => (hasResults(call) ? whole('Done.') : asking(asked)));
};

const attacks: Attack[] = [
  {
    name: '4. eight calls of a tool whose server refuses each with 1 GiB, packed',
    chat: agent,
    script: calls(...Array.from({ length: 8 }, (_, n) => tool(`c${n}`, 'mcp_evil_flood'))),
  },
  {
    name: '5. a sub-agent whose model never stops talking',
    chat: agent,
    script: ({ provider }) =>
      provider.script((call) => {
        if (isSubagent(call)) return { steps: [{ fill: { chars: 2_000_000_000, per: 65_536 } }, ...ending()] };
        return hasResults(call) ? whole('Done.') : asking([tool('d', 'delegate', { task: 'Talk.' })]);
      }),
  },
  {
    name: '6. NUL and 20,000 levels in the arguments of calls',
    chat: agent,
    script: calls(
      tool('a', 'calculate', '{"expression":"\\u0000"}'),
      tool('b', 'calculate', `{"expression":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    ),
  },
  {
    name: '12. arguments for a tool whose schema has the pattern ^(a+)+$',
    chat: agent,
    script: calls(tool('a', 'mcp_evil_slow', { a: `${'a'.repeat(60)}!` })),
  },
  {
    name: '17. a reply of 45,000 change blocks',
    async chat({ pool }) {
      const { id: documentId } = await createDocument(pool, owner, { title: 'T', body: 'a b c' });
      return (await createChat(pool, owner, { kind: 'document', title: null, documentId, anchor: null })).id;
    },
    script: ({ provider }) => {
      const steps = Array.from({ length: 450 }, () => ({ text: block('a', 'A', '').repeat(100) }));
      provider.script({ steps: [...steps, ...ending()] });
    },
  },
];

async function play(fleet: WorkerFleet, attack: Attack, file: string): Promise<Seen> {
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
  const worker = await fleet.start();
  const { pid } = worker;
  const chatId = await attack.chat(fleet);
  await delay(2_000);
  process.kill(pid, 'SIGUSR2');
  await delay(200);
  const before = mebibytes(pid);
  let peak = before;
  let standstill = 0;
  const look = () => {
    peak = Math.max(peak, mebibytes(pid));
    const { max, at } = JSON.parse(readFileSync(file, 'utf8') || '{"max":0}') as { max: number; at?: number };
    standstill = Math.max(standstill, max, at ? Date.now() - at - 50 : 0);
  };
  const looking = setInterval(() => {
    try {
      look();
    } catch {
      // the file is being written, or the worker is gone
    }
  }, 25);
  attack.script(fleet);
  const begun = Date.now();
  const turnId = await fleet.begin(chatId);
  const turn = await fleet.ended(turnId, WINDOW_MS).catch(() => null);
  const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
  await delay(300);
  clearInterval(looking);
  const asked = fleet.provider.requests.filter(({ requestId }) => requestId?.startsWith(turnId)).length;
  const ended = turn ? `${turn.status} after ${seconds} s` : `not within ${WINDOW_MS / 1_000} s`;
  await fleet.endWorkers();
  await fleet.pool.query("update turns set status = 'cancelled', finished_at = now() where finished_at is null");
  return { attack: attack.name, ended, asked, before, peak, standstill };
}

/** An edit of a document whose pending changes take long to be searched for: in this process, as in the api. */
async function edit(fleet: WorkerFleet): Promise<Seen> {
  const body = 'a'.repeat(900_000);
  const document = await createDocument(fleet.pool, owner, { title: 'T', body });
  const chat = await createChat(fleet.pool, owner, {
    kind: 'document',
    title: null,
    documentId: document.id,
    anchor: null,
  });
  const original = `${'a'.repeat(4_000)}b${'a'.repeat(1_000)}`;
  fleet.provider.unscript();
  fleet.provider.script(whole(block(original, 'x').repeat(10)));
  await fleet.start();
  await fleet.ended(await fleet.begin(chat.id), WINDOW_MS);
  await fleet.endWorkers();
  const before = mebibytes(process.pid);
  const watch = monitorEventLoopDelay({ resolution: 5 });
  watch.enable();
  const begun = Date.now();
  await editDocument(fleet.pool, owner, document.id, { body: `${body}a`, expectedVersion: 1 });
  const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
  await delay(100);
  const attack = '17. an edit of a document with ten pending changes that are slow to search for (in the api)';
  const peak = mebibytes(process.pid);
  return { attack, ended: `done after ${seconds} s`, asked: 1, before, peak, standstill: watch.max / 1e6 };
}

function print(seen: Seen): void {
  const { attack, ended, asked, before, peak, standstill } = seen;
  const memory = `${before.toFixed(0)} → ${peak.toFixed(0)}`;
  console.log(`| ${attack} | ${ended} | ${asked} | ${memory} | ${standstill.toFixed(0)} |`);
}

await setup();
const tools = await startEvilTools();
const server = { name: 'evil', transport: 'http', url: tools.url, idempotent: true, timeoutMs: 30_000 };
const fleet = await startWorkerFleet('attacks', { MCP_SERVERS: JSON.stringify([server]), LOG_LEVEL: 'info' });
const file = join(fleet.folder, 'standstill');
writeFileSync(file, '');
writeFileSync(join(fleet.folder, 'probe.mjs'), probe(file));
process.env.NODE_OPTIONS = `--import ${join(fleet.folder, 'probe.mjs')}`;
try {
  console.log('| attack | turn | requests | memory, MiB | standstill, ms |\n| --- | --- | --- | --- | --- |');
  for (const attack of attacks) print(await play(fleet, attack, file));
  print(await edit(fleet));
} finally {
  await fleet.close();
  await tools.close();
  await teardown();
}
