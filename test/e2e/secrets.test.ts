import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchHistory, readableHistory } from '../support/engine.js';
import { paced, type Reply, whole } from '../support/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../support/scriptedService.js';

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

beforeAll(async () => {
  world = await startScriptedService({ REPLY_ATTEMPTS: '2', REPLY_SILENCE_MS: '1000', LOG_LEVEL: 'trace' });
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
    const turn = await client.postTurn(chatId, prose);
    turnIds.push(turn.id);
    if (turnIds.length === replies.length) await client.cancelTurn(turn.id);
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

async function filesWith(word: string): Promise<string[]> {
  return [...(await files())].filter(([, bytes]) => bytes.includes(word)).map(([name]) => name);
}

describe('the prose of a chat', () => {
  test('is in the log, so that looking for it means something', async () => {
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

  test('is in no history, decoded', async () => {
    for (const turnId of turnIds) {
      const history = readableHistory(await fetchHistory(world.service, turnId));
      expect(history).toContain(turnId);
      expect(history).not.toContain(canary);
    }
  });
});

describe("the provider's key", () => {
  test('is what the provider was sent, so that looking for it means something', () => {
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

  test('is not repeated to clients when the provider repeats it in an error', async () => {
    const turn = await world.service.client.getTurn(turnIds[1] as string);
    expect(turn.error?.code).toBe('provider_unauthorized');
    expect(JSON.stringify(turn.error)).not.toContain(world.providerKey);
  });
});
