import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v3 } from '../../support/cards/shapes.js';
import { expectSameWhenImported } from '../../support/chats/importedCopy.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';

type Line = { type: string; base64: string; bytes: number } & Record<string, unknown>;
type Attached = { id: string; mediaType: string; bytes: number; name?: string };

const keys = { ann: 'key-of-ann-0123456789', ben: 'key-of-ben-0123456789' };
/** In ten pieces. */
const long = 'A long file. '.repeat(400_000);
const image = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(300, 7)]);
const avatar = Buffer.concat([Buffer.from('\xff\xd8\xff\xe0', 'latin1'), Buffer.alloc(500, 9)]);

let api: TestApi;
let ann: ServiceClient;
beforeAll(async () => {
  api = await startTestApi({ env: { API_KEYS: `${keys.ann}:local,${keys.ben}:ben`, ATTACHMENTS_PER_OWNER: '30' } });
  ann = createServiceClient(api.url, { key: keys.ann });
}, 60_000);
afterAll(() => api?.close());

async function raw(who: keyof typeof keys, method: string, path: string, body?: Buffer | string, type = 'text/plain') {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${keys[who]}`, ...(body ? { 'content-type': type, 'x-filename': 'a.txt' } : {}) },
    ...(body ? { body: body as string } : {}),
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}
const json = ({ bytes }: { bytes: Buffer }) => JSON.parse(bytes.toString()) as { id: string } & Record<string, string>;

/** A chat whose host is a card with a greeting, a lorebook and an avatar, with attachments and a memory that was edited. */
async function fullChat(): Promise<{ id: string; hostId: string }> {
  const host = json(await raw('ann', 'POST', '/v1/characters/import', JSON.stringify(v3), 'application/json'));
  await raw('ann', 'PUT', `/v1/characters/${host.id}/avatar`, avatar, 'image/jpeg');
  const chat = await ann.createChat(host.id);
  const path = `/v1/chats/${chat.id}`;
  const file = json(await raw('ann', 'POST', '/v1/attachments', long));
  const picture = json(await raw('ann', 'POST', '/v1/attachments', image, 'image/png'));
  await ann.send('POST', `${path}/turns`, { text: 'Look at these.', attachments: [file.id, picture.id] });
  const memory = { text: 'The lamp burns.', witnessIds: [host.id] };
  const { body } = await ann.send<{ id: string }>('POST', `${path}/memories`, memory);
  await ann.send('PATCH', `${path}/memories/${body.id}`, { text: 'The lamp is out.', significance: 3 });
  await ann.cancelChat(chat.id);
  return { id: chat.id, hostId: host.id };
}

const exportOf = async (id: string): Promise<Line[]> =>
  (await raw('ann', 'GET', `/v1/chats/${id}/export`)).bytes
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const importLines = async (who: keyof typeof keys, lines: object[]) => {
  const answer = await raw(
    'ann' === who ? 'ann' : 'ben',
    'POST',
    '/v1/chats/import',
    lines.map((each) => JSON.stringify(each)).join('\n'),
  );
  return {
    status: answer.status,
    body: json(answer) as unknown as { id: string; hostId: string; code: string; detail: string },
  };
};

describe('an exported chat with files', () => {
  test('is imported by another owner with its attachments, and with the card, the lorebook and the avatar of its host', async () => {
    const source = await fullChat();
    const lines = await exportOf(source.id);
    expect(lines.filter(({ type }) => type === 'piece').length).toBe(9);
    expect(JSON.stringify(lines)).toContain('The lamp burns oil.');
    const { status, body: copy } = await importLines('ben', lines);
    expect(status).toBe(201);

    const card = async (who: 'ann' | 'ben', id: string) => json(await raw(who, 'GET', `/v1/characters/${id}/card`));
    expect(await card('ben', copy.hostId)).toEqual(await card('ann', source.hostId));
    expect((await raw('ben', 'GET', `/v1/characters/${copy.hostId}/avatar`)).bytes.equals(avatar)).toBe(true);

    const { items } = json(await raw('ben', 'GET', `/v1/chats/${copy.id}/messages`)) as unknown as {
      items: { role: string; content: string; attachments?: Attached[] }[];
    };
    expect(items[0]).toMatchObject({ role: 'assistant', content: expect.stringContaining('Mind the step') });
    const attached = items.flatMap(({ attachments = [] }) => attachments);
    expect(attached.map(({ mediaType, bytes }) => [mediaType, bytes])).toEqual([
      ['text/plain', long.length],
      ['image/png', image.length],
    ]);
    const sums = async (ids: string[]) =>
      Promise.all(
        ids.map(async (id) =>
          createHash('sha256')
            .update((await raw('ben', 'GET', `/v1/attachments/${id}`)).bytes)
            .digest('hex'),
        ),
      );
    expect(await sums(attached.map(({ id }) => id))).toEqual(
      [long, image].map((bytes) => createHash('sha256').update(bytes).digest('hex')),
    );
    // They are of the copy: the deletion of the source does not take them.
    await ann.send('DELETE', `/v1/chats/${source.id}`);
    expect((await raw('ben', 'GET', `/v1/attachments/${attached[0]!.id}`)).bytes.length).toBe(long.length);
  }, 60_000);

  test('has the same log and the same projections when it is imported, with greetings and edited memories', async () => {
    await expectSameWhenImported(api.database.pool, (await fullChat()).id);
  }, 60_000);

  test('is refused as a whole when a line of a file can not be used, with the number of the line', async () => {
    const lines = await exportOf((await fullChat()).id);
    const at = (type: string) => lines.findIndex((line) => line.type === type);
    const changed = (type: string, change: object) => lines.with(at(type), { ...lines[at(type)]!, ...change });
    const png = lines.findIndex(({ mediaType }) => mediaType === 'image/png');
    const file = lines.findIndex(({ mediaType }) => mediaType === 'text/plain');
    const { pool } = api.database;
    const count = async () =>
      (await pool.query('select (select count(*) from chats) + (select count(*) from attachments) as n')).rows[0].n;
    const before = await count();
    const cases: [string, Line[], number][] = [
      ['a piece before any file', lines.toSpliced(1, 0, { type: 'piece', base64: 'AAAA', bytes: 0 }), 2],
      ['a file without its last piece', lines.toSpliced(file + 9, 1), file + 10],
      ['more bytes than the file has', changed('attachment', { bytes: 10 }), at('attachment') + 1],
      ['bytes that are no base64', changed('avatar', { base64: 'not base64!' }), at('avatar') + 1],
      ['bytes of another type', lines.with(png, { ...lines[png]!, mediaType: 'image/gif' }), png + 1],
      ['a type that is not taken', lines.with(png, { ...lines[png]!, mediaType: 'text/html;x=y' }), png + 1],
      ['an attachment that is too large', changed('attachment', { bytes: 11 * 1024 * 1024 }), at('attachment') + 1],
      ['an avatar of no character', changed('avatar', { characterId: 'chr_none' }), at('avatar') + 1],
      [
        'an avatar that is no image',
        changed('avatar', { base64: Buffer.alloc(avatar.length, 1).toString('base64') }),
        at('avatar') + 1,
      ],
      ['a card that can not be read', changed('card', { card: { data: {} } }), at('card') + 1],
      ['two cards of a character', lines.toSpliced(at('card'), 0, lines[at('card')]!), at('card') + 2],
    ];
    for (const [what, given, line] of cases) {
      const { status, body } = await importLines('ann', given);
      expect([what, status, body.code, body.detail?.split(':')[0]]).toEqual([
        what,
        400,
        'invalid_import',
        `line ${line}`,
      ]);
    }
    expect(await count()).toBe(before);
  }, 60_000);

  test('is refused when its attachments exceed the limit of the owner', async () => {
    const lines = await exportOf((await fullChat()).id);
    const at = lines.findIndex(({ type }) => type === 'turn');
    const small = { type: 'attachment', mediaType: 'text/plain', name: null, bytes: 1, base64: 'QQ==' };
    const many = Array.from({ length: 40 }, (_, n) => ({ ...small, id: `att_${n}` }));
    const { status, body } = await importLines('ben', [...lines.slice(0, at), ...many, ...lines.slice(at)]);
    expect([status, body.code]).toEqual([409, 'limit_reached']);
  }, 60_000);
});
