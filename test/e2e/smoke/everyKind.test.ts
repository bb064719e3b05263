import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  chunk,
  done,
  type ScriptedUpstream,
  startScriptedUpstream,
  streaming,
} from '../../support/provider/scriptedUpstream.js';
import { type Service, startService } from '../../support/service/service.js';

type Resource = { id: string };
type Events = { items: { seq: number; kind: string; turnId: string | null }[] };

let upstream: ScriptedUpstream;
let service: Service;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  upstream.script(streaming(chunk('Hello.'), done()));
  service = await startService({ env: { UPSTREAM_BASE_URL: upstream.baseUrl, CHAT_TITLES: 'on' } });
}, 180_000);
afterAll(async () => {
  await service?.dispose();
  await upstream?.close();
}, 60_000);

const create = async (path: string, body: object) => (await service.client.send<Resource>('POST', path, body)).body.id;

/** The body of a new chat of each kind. */
const newChat = {
  narrative: async () => ({ hostId: await create('/v1/characters', { name: 'Mira', persona: 'Keeps a lighthouse.' }) }),
  document: async () => ({ documentId: await create('/v1/documents', { title: 'Letter', body: 'The lamp is lit.' }) }),
  agent: async () => ({}),
  relay: async () => ({ persona: 'guide' }),
};

/** Waits until the chat has the title that was made of its first exchange. */
async function untilTitled(chatId: string): Promise<void> {
  for await (const frame of service.client.frames(chatId, 0, AbortSignal.timeout(30_000)))
    if (frame.type === 'event' && frame.kind === 'chat_titled') return;
  throw new Error(`chat ${chatId} has no title`);
}

test.each(['narrative', 'document', 'agent', 'relay'] as const)(
  'a turn of kind %s runs through the whole service and is in the log once',
  async (kind) => {
    const { client } = service;
    const chatId = await create('/v1/chats', { kind, ...(await newChat[kind]()) });
    const turn = await client.postTurn(chatId, 'What is 6 * 7?');
    const ended = await client.awaitTurnEnd(turn.id, 60_000);
    expect(ended).toMatchObject({ kind, status: 'completed', warnings: [] });

    const { items } = (await client.send<Events>('GET', `/v1/chats/${chatId}/events`)).body;
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, n) => n + 1));
    const kinds = items.filter(({ turnId }) => turnId === turn.id).map((event) => event.kind);
    for (const once of ['user_turn', 'assistant_turn', 'turn_completed'])
      expect([once, kinds.filter((each) => each === once).length]).toEqual([once, 1]);
    expect(ended.beats.map(({ text }) => text)).not.toContain('');
    if (kind !== 'relay') await untilTitled(chatId);
    expect((await client.getChat(chatId)).title).toBe(kind === 'relay' ? null : 'What is 6 * 7?');
  },
  90_000,
);

test('the commands of the README, as they are printed, create an assistant and print its reply', async () => {
  const blocks = [...(await readFile('README.md', 'utf8')).matchAll(/```sh\n(.*?)```/gs)].map(
    ([, block = '']) => block,
  );
  const commands = blocks.filter((block) => block.includes('$api')).join('');
  expect(commands).toContain('api=http://127.0.0.1:3000\n');
  const script = commands.replace('http://127.0.0.1:3000', service.api);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { timeout: 60_000 });
  expect(stdout).toContain('"type":"token"');
  expect(stdout).toMatch(/"kind":"turn_completed".*\n\nuser: What is a lighthouse for\?\nassistant: .+\n$/s);
}, 90_000);
