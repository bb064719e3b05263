import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool } from '../../../db/core/pool.js';
import { block } from '../../support/chats/documents.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { paced, type Reply, whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { fetchHistory, readableHistory } from '../../support/temporal/engine.js';
import { until } from '../../support/until.js';

const canary = 'Amaranthine';
const prose = `The word is ${canary}.`;

let world: ScriptedService;
let chatId: string;
const turnIds: string[] = [];

/** A server that repeats what it was sent, as some do. */
const tellTale = (status: number): Reply => ({
  status,
  body: { error: { message: `Incorrect API key provided: ${world.providerKey}. You said: ${prose}`, code: canary } },
});

const repliesAsked = () => world.provider.requests.filter(({ body }) => !body.response_format).length;

beforeAll(async () => {
  const args = ['--import', 'tsx', 'test/support/provider/tools/toolServer.ts'];
  world = await startScriptedService(
    {
      REPLY_ATTEMPTS: '2',
      REPLY_SILENCE_MS: '1000',
      LOG_LEVEL: 'trace',
      MCP_SERVERS: JSON.stringify([{ name: 'tools', transport: 'stdio', command: process.execPath, args }]),
    },
    { ownServers: true },
  );
  const { client } = world.service;
  const host = await client.createCharacter('Mira', prose);
  chatId = (await client.createChat(host.id)).id;
  const replies: Reply[][] = [
    [whole(prose)],
    [tellTale(401)],
    [tellTale(500), tellTale(500)],
    [{ steps: [{ text: prose }, { error: { message: prose } }, { end: true }] }, whole(prose)],
    [{ steps: [{ text: prose }, { bytes: `data: {"${canary}\n\n` }, { end: true }] }, whole(prose)],
    [paced([prose, prose, prose], { everyMs: 300 })],
  ];
  for (const [first, ...more] of replies) {
    if (first) world.provider.script(first, ...more);
    const before = repliesAsked();
    const turn = await client.postTurn(chatId, prose);
    turnIds.push(turn.id);
    if (turnIds.length === replies.length) {
      await until('the provider is asked for the reply', async () => (repliesAsked() > before ? true : null));
      await client.cancelTurn(turn.id);
    }
    await client.awaitTurnEnd(turn.id);
  }
}, 240_000);
afterAll(() => world?.dispose(), 60_000);

/** The service's files, all but Postgres', which is where the prose belongs. */
async function files(): Promise<Map<string, Buffer>> {
  const { dataDir } = world.service;
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(dataDir, path).startsWith('postgres'));
  return new Map(
    await Promise.all(paths.map(async (path) => [relative(dataDir, path), await readFile(path)] as const)),
  );
}

/** The code of the processes has words of its own. */
const isCode = (name: string) => /\.bundle\.cjs/.test(name);

async function filesWith(word: string): Promise<string[]> {
  return [...(await files())].flatMap(([name, bytes]) => (bytes.includes(word) && !isCode(name) ? [name] : []));
}

describe('the prose of a chat', () => {
  test('is found in the event log, which shows that the search works', async () => {
    const events = await world.service.client.events(chatId);
    expect(JSON.stringify(events)).toContain(canary);
    expect(turnIds).toHaveLength(6);
  });

  test("is nowhere in Temporal's database, and in no log", async () => {
    const names = [...(await files()).keys()];
    expect(names.filter((name) => name.includes('temporal') && name.includes('.db'))).not.toHaveLength(0);
    expect(names.filter((name) => name.endsWith('.log'))).not.toHaveLength(0);
    expect(await filesWith(turnIds[0] as string)).not.toHaveLength(0);
    expect(await filesWith(canary)).toEqual([]);
    expect(world.service.output()).not.toContain(canary);
  });

  test('is in no decoded history', async () => {
    for (const turnId of turnIds) {
      const history = readableHistory(await fetchHistory(world.service, turnId));
      expect(history).toContain(turnId);
      expect(history).not.toContain(canary);
    }
  });
});

describe('the prose of people and models during failures', () => {
  const word = 'Belladonna';
  const said = `They whisper ${word}.`;
  const client = () => world.service.client;
  const newChat = async (body: object) => (await client().send<{ id: string }>('POST', '/v1/chats', body)).body.id;

  async function play(chat: string, ...replies: [Reply, ...Reply[]]): Promise<void> {
    world.provider.script(...replies);
    await client().awaitTurnEnd((await client().postTurn(chat, said)).id);
  }

  /** While it holds, Postgres refuses rows and says in its errors which. */
  async function whileRefused(work: () => Promise<void>): Promise<void> {
    const pool = createPool((await world.service.run()).databaseUrl, { max: 1 });
    try {
      await pool.query("alter table events add constraint no_shouts check (data::text not like '%!!%') not valid");
      await work();
    } finally {
      await pool.query('alter table events drop constraint no_shouts');
      await pool.end();
    }
  }

  test('is in no log and nowhere in Temporal, for tools, edits, classifiers and rows that Postgres refuses', async () => {
    const agent = await newChat({ kind: 'agent' });
    const calls = [
      tool('a', 'calculate', { expression: said }),
      tool('b', 'current_time', { timeZone: said }),
      tool('c', 'mcp_tools_broken', { word: said }),
      tool('d', 'mcp_tools_echo', { word: said, ms: said }),
      tool('e', word, { word: said }),
    ];
    await play(agent, asking(calls), whole(said));

    const document = await client().send<{ id: string }>('POST', '/v1/documents', { title: word, body: said });
    const thread = await newChat({ kind: 'document', documentId: document.body.id });
    await play(thread, whole(block(`not ${said}`, said, said)));

    const host = await client().createCharacter('Mira', said);
    const stuck = (await client().createChat(host.id)).id;
    world.provider.classify(({ n }) =>
      n % 2 ? { content: said } : { status: 500, body: { error: { message: said } } },
    );
    world.provider.script(whole(said));
    const waiting = await client().postTurn(stuck, said);
    await until('the turn waits for an operator', async () =>
      (await client().getTurn(waiting.id)).status === 'awaiting_operator' ? true : null,
    );

    const shouting = await newChat({ kind: 'agent' });
    world.provider.script(() => whole(`${said}!!`));
    const { id } = await (async () => {
      let turn = { id: '' };
      await whileRefused(async () => {
        const refused = await client().send('POST', `/v1/chats/${shouting}/turns`, { text: `${said}!!` });
        expect(refused).toMatchObject({ status: 500, body: { code: 'internal' } });
        turn = await client().postTurn(shouting, said);
        await world.logLines('worker', ({ msg }) => msg === 'an activity failed');
      });
      return turn;
    })();
    await client().awaitTurnEnd(id);

    expect(await filesWith('no_shouts')).toEqual(expect.arrayContaining(['logs/postgres.log', 'logs/worker.log']));
    expect(await filesWith(word)).toEqual([]);
    expect(await filesWith('whisper')).toEqual([]);
    expect(world.service.output()).not.toContain(word);
    for (const chat of [agent, thread, stuck, shouting])
      expect(JSON.stringify(await client().events(chat))).toContain(word);
  }, 240_000);
});

describe("the provider's key", () => {
  test('is found in requests to the provider, which shows that the search works', () => {
    expect(world.provider.requests[0]?.headers.authorization).toBe(`Bearer ${world.providerKey}`);
  });

  test('is in no file and in no output', async () => {
    expect(await filesWith(world.providerKey)).toEqual([]);
    expect(world.service.output()).not.toContain(world.providerKey);
  });

  test('is in no event, no turn and no history', async () => {
    const { client } = world.service;
    const seen = [await client.events(chatId), await client.messages(chatId)] as unknown[];
    for (const turnId of turnIds) {
      seen.push(await client.getTurn(turnId), readableHistory(await fetchHistory(world.service, turnId)));
    }
    expect(JSON.stringify(seen)).not.toContain(world.providerKey);
  });

  test('is not sent to clients when the provider repeats it in an error', async () => {
    const turn = await world.service.client.getTurn(turnIds[1] as string);
    expect(turn.error?.code).toBe('provider_unauthorized');
    expect(JSON.stringify(turn.error)).not.toContain(world.providerKey);
  });
});
