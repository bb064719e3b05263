import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { undoRewind } from '../../../db/timeline/rewind.js';
import { readVersions } from '../../../db/timeline/versions/versions.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { expectSameWhenImported } from '../../support/chats/importedCopy.js';
import { tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

type Imported = { id: string; seq: number; hostId: string; title: string; code?: string; detail?: string };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ env: { CHARACTERS_PER_OWNER: '40' } });
}, 60_000);
afterAll(() => api.close());

const pool = () => api.database.pool;
const exported = async (chatId: string) => (await fetch(`${api.url}/v1/chats/${chatId}/export`)).text();

async function importText(body: string): Promise<{ status: number; body: Imported }> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const response = await fetch(`${api.url}/v1/chats/import`, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as Imported };
}

const countOf = async (table: string) => (await pool().query(`select count(*) as n from ${table}`)).rows[0].n as number;

/** A chat with versions, a stopped reply, a rewind that can be undone, and more. */
async function fullChat() {
  const seeded = await seedChat(pool());
  const story = tellStory(pool(), seeded);
  await story.sayAgain(await story.say('One', 'First reply'), 'Another reply', { text: 'One, edited' });
  await story.sayAndStop('Two', 'Half a re');
  await story.say('Three', 'Third reply');
  await api.client.send('POST', `/v1/chats/${seeded.chatId}/rewind`, { toSeq: (await story.log()).length - 4 });
  return { ...seeded, story };
}

describe('an exported chat', () => {
  test('is imported as another chat with the same log, marks and projections, with its versions and its undo', async () => {
    const source = await fullChat();
    await expectSameWhenImported(pool(), source.chatId);
    const { status, body: chat } = await importText(await exported(source.chatId));
    expect([status, chat.id === source.chatId, chat.hostId === source.hostId]).toEqual([201, false, false]);
    const messages = async (chatId: string) => (await api.client.messages(chatId)).items.map(({ content }) => content);
    expect(await messages(chat.id)).toEqual(await messages(source.chatId));
    const { rows } = await pool().query('select id from turns where chat_id = $1 order by user_turn_seq, id', [
      chat.id,
    ]);
    expect(await readVersions(pool(), { turnId: rows[0].id, owner })).toHaveLength(2);
    await undoRewind(pool(), { chatId: chat.id, owner });
    expect(await messages(chat.id)).toContain('Third reply');
    const turn = await api.client.postTurn(chat.id, 'And it goes on.');
    expect(turn.status).toBe('running');
  });

  test('keeps its document and its changes, which have ids of their own', async () => {
    const document = await api.client.send<{ id: string }>('POST', '/v1/documents', { title: 'T', body: 'Old words.' });
    const { body } = await api.client.send<Imported & { documentId: string }>('POST', '/v1/chats', {
      kind: 'document',
      documentId: document.body.id,
    });
    const copy = await importText(await exported(body.id));
    expect(copy.status).toBe(201);
    await expectSameWhenImported(pool(), body.id);
  });

  test('is refused as a whole, with the number of the line that can not be used', async () => {
    const lines = (await exported((await fullChat()).chatId)).trim().split('\n');
    const at = lines.findIndex((line) => line.includes('"type":"event"'));
    const replaced = (i: number, line: string) => lines.with(i, line).join('\n');
    const first = JSON.parse(lines[at]!) as Record<string, unknown>;
    const before = [await countOf('chats'), await countOf('events'), await countOf('characters')];
    for (const [text, line] of [
      ['', 1],
      ['{"type":"chat"}', 1],
      [lines.slice(1).join('\n'), 1],
      [replaced(2, '{"type":'), 3],
      [replaced(at, JSON.stringify({ ...first, kind: 'no_such_kind' })), at + 1],
      [replaced(at, JSON.stringify({ ...first, data: { kind: 'narrative' } })), at + 1],
      [replaced(at + 1, JSON.stringify({ ...first, seq: 2 })), at + 2],
      [replaced(at + 1, lines[at + 2]!), at + 2],
      [replaced(at, JSON.stringify({ ...first, data: { kind: 'narrative', title: 'a\u0000b' } })), at + 1],
      [replaced(1, '{"type":"character","id":"chr_x","name":"X","persona":"","greeting":null}'), 1],
      [`${lines.slice(0, at + 1).join('\n')}\n{"type":"event","x":"${'y'.repeat(13 * 1024 * 1024)}"}`, at + 2],
    ] as const) {
      const { status, body } = await importText(text);
      expect([status, body.code, body.detail?.split(':')[0]]).toEqual([400, 'invalid_import', `line ${line}`]);
    }
    expect([await countOf('chats'), await countOf('events'), await countOf('characters')]).toEqual(before);
  });

  test('is refused above the size limit, and above the limits of its owner', async () => {
    const piece = Buffer.from('x\n'.repeat(1024 * 1024));
    let pieces = 65;
    const body = new ReadableStream({ pull: (to) => (pieces-- > 0 ? to.enqueue(piece) : to.close()) });
    const sent = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const large = await fetch(`${api.url}/v1/chats/import`, sent);
    expect([large.status, await large.json()]).toEqual([413, expect.objectContaining({ code: 'body_too_large' })]);
    const lines = (await exported((await fullChat()).chatId)).trim().split('\n');
    const many = Array.from({ length: 50 }, (_, n) =>
      JSON.stringify({ type: 'character', id: `chr_${n}`, name: 'N', persona: '', greeting: null }),
    );
    const refused = await importText([lines[0], ...many, ...lines.slice(1)].join('\n'));
    expect([refused.status, refused.body.code]).toEqual([409, 'limit_reached']);
  });

  test('holds no key and is not found by others', async () => {
    const response = await fetch(`${api.url}/v1/chats/chat_none/export`);
    expect(response.status).toBe(404);
  });
});
