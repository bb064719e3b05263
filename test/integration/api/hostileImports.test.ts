import { readdir, readlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAttachment } from '../../../db/attachments/attachments.js';
import { attachToChat } from '../../../db/attachments/attachToChat.js';
import { readImages, withTexts } from '../../../db/attachments/promptAttachments.js';
import { transaction } from '../../../db/core/pool.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

type Line = { type: string; kind?: string; seq?: number; data?: Record<string, unknown> } & Record<string, unknown>;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

async function exportedLines(): Promise<Line[]> {
  const seeded = await seedChat(api.database.pool);
  await tellStory(api.database.pool, seeded).say('One', 'First reply');
  const text = await (await fetch(`${api.url}/v1/chats/${seeded.chatId}/export`)).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

async function importBody(body: string) {
  const response = await fetch(`${api.url}/v1/chats/import`, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as { id: string; code?: string } };
}
const importLines = (lines: Line[]) => importBody(lines.map((line) => JSON.stringify(line)).join('\n'));

/** The export with a change of the lines that suit. */
const changed = async (suits: (line: Line) => boolean, change: (line: Line) => object): Promise<Line[]> =>
  (await exportedLines()).map((line) => (suits(line) ? ({ ...line, ...change(line) } as Line) : line));
const ofType = (type: string) => (line: Line) => line.type === type;
const ofKind = (kind: string) => (line: Line) => line.kind === kind;
const withData = (data: object) => (line: Line) => ({ data: { ...line.data, ...data } });

/** Events after those of the export. */
async function withMore(count: number, make: (n: number) => object): Promise<Line[]> {
  const lines = await exportedLines();
  const seq = lines.at(-1)!.seq!;
  const more = Array.from({ length: count }, (_, n) => ({
    ...{ type: 'event', seq: seq + n + 1, turnId: null, step: 'by hand', n, at: '2026-01-01T00:00:00.000Z' },
    ...make(n),
  }));
  return [...lines, ...more];
}
const edge = { sourceId: 'you', targetId: 'chr_x', affinityDelta: 1, trustDelta: 1, knowledgeFacts: [] };

describe('an import', () => {
  test('of an export as it is makes a chat', async () => {
    expect((await importLines(await exportedLines())).status).toBe(201);
  });

  test.each<[string, () => Promise<Line[]>]>([
    ['a name that is blank', () => changed(ofType('character'), () => ({ name: ' '.repeat(100) }))],
    ['an endless name', () => changed(ofType('character'), () => ({ name: 'x'.repeat(1_000_000) }))],
    [
      'an endless system prompt',
      () => changed(ofType('chat'), () => ({ settings: { systemPrompt: 'x'.repeat(2_000_000) } })),
    ],
    ['options that are none', () => changed(ofType('turn'), () => ({ options: { temperature: 'hot' } }))],
    ['a number beyond an integer', () => changed(ofKind('assistant_turn'), withData({ beat: 2 ** 40 }))],
    ['a step beyond an integer', () => changed(ofKind('assistant_turn'), () => ({ n: 2 ** 40 }))],
    ['a time in the year 0', () => changed(ofKind('user_turn'), () => ({ at: '0000-01-01T00:00:00Z' }))],
    ['a time to come', () => changed(ofKind('user_turn'), () => ({ at: '9999-12-31T23:59:59Z' }))],
    [
      'an infinite time',
      () => withMore(1, () => ({ kind: 'edge_update', data: { ...edge, lastInteractionAt: 'infinity' } })),
    ],
    [
      'an endless id',
      () => withMore(1, () => ({ kind: 'memory_scored', data: { memoryId: 'm'.repeat(100_000), significance: 1 } })),
    ],
    [
      'endless points of view',
      () =>
        withMore(1_500, (n) => ({ kind: 'scene_summary', data: { sceneId: 's', povId: `chr_${n}`, summary: 'x' } })),
    ],
    [
      'hundreds of open story events',
      () =>
        withMore(101, (n) => ({
          kind: 'story_event_planned',
          data: { eventId: `e${n}`, title: 't', description: 'd', artifacts: {} },
        })),
    ],
  ])('with %s is refused as a whole', async (_, lines) => {
    const before = (await api.database.pool.query('select count(*)::int as n from chats')).rows[0].n as number;
    expect(await importLines(await lines())).toMatchObject({ status: 400, body: { code: 'invalid_import' } });
    // The export's own source is one more.
    expect((await api.database.pool.query('select count(*)::int as n from chats')).rows[0].n).toBe(before + 1);
  });

  test('keeps only the options that a turn may have', async () => {
    const { body } = await importLines(
      await changed(ofType('turn'), () => ({ options: { temperature: 0.5, messages: [], model: 'other' } })),
    );
    const { rows } = await api.database.pool.query('select options from turns where chat_id = $1', [body.id]);
    expect(rows.map(({ options }) => options)).toEqual([{ temperature: 0.5 }]);
  });

  test('that is refused early leaves no file open', async () => {
    const line = JSON.stringify({ type: 'event', data: 'x'.repeat(4_000_000) });
    for (let n = 0; n < 3; n++) expect((await importBody(`{}\n${line}\n${line}\n${line}`)).status).toBe(400);
    const open = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    expect(open.filter((path) => path.includes('durable-turns-import-'))).toEqual([]);
  });
});

test('a prompt reads only the attachments that its chat has, whatever its log names', async () => {
  const { pool } = api.database;
  const [mine, theirs] = [await seedChat(pool), await seedChat(pool)];
  const upload = (mediaType: string, text: string) => {
    const bytes = Buffer.from(text);
    return createAttachment(pool, 'local', {
      mediaType,
      name: undefined,
      bytes,
      sha256: Buffer.alloc(32, text.length),
    });
  };
  const [own, foreign, image] = [
    await upload('text/plain', 'own'),
    await upload('text/plain', 'secret'),
    await upload('image/png', 'picture'),
  ];
  const attach = (chatId: string, ids: string[]) =>
    transaction(pool, (tx) => attachToChat(tx, { chatId, kind: 'narrative', owner: 'local', ids }));
  await attach(mine.chatId, [own.id]);
  await attach(theirs.chatId, [foreign.id, image.id]);
  const { turn } = await claim(pool, mine.chatId);
  const forged = { ...foreign, bytes: -5 };
  const [line] = await withTexts(pool, turn.id, [{ attachments: [own, forged, { ...foreign, bytes: 100 }] }]);
  expect(line?.attachments?.map(({ text }) => text)).toEqual(['own', undefined, undefined]);
  expect((await readImages(pool, turn.id, [image.id])).size).toBe(0);
});
