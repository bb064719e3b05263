import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readAgentPrompt } from '../../../db/agents/readAgentPrompt.js';
import { removeUnattached } from '../../../db/attachments/removeAttachments.js';
import { readPromptInput } from '../../../db/narrative/readPrompt.js';
import { readRelayRequest } from '../../../db/relay/readRelayRequest.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { until } from '../../support/until.js';

jest.setTimeout(60_000);

const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(64, 7)]);
const limit = 10 * 1024 * 1024;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    env: {
      API_KEYS: 'k-ann:ann,k-ben:ben,k-cat:cat',
      ATTACHMENTS_PER_OWNER: '40',
      ATTACHMENT_BYTES_PER_OWNER: '60000000',
      UPSTREAM_BASE_URL: 'http://127.0.0.1:9',
    },
  });
}, 60_000);
afterAll(() => api?.close());

/** The fields of the answers that the tests look at. */
type Fields = {
  id: string;
  mediaType: string;
  seq: number;
  hostId: string;
  turn: { id: string };
  items: { kind: string; data: { attachments?: unknown } }[];
};
type Answer = { status: number; body: Fields; headers: Headers };
async function send(
  who: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isBytes = body instanceof Uint8Array || typeof body === 'string';
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer k-${who}`,
      ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isBytes ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, body: (isJson ? JSON.parse(text) : text) as Fields, headers: response.headers };
}

const upload = (body: Uint8Array | string, type = 'image/png', name?: string, who = 'ann') =>
  send(who, 'POST', '/v1/attachments', body, {
    'content-type': type,
    ...(name === undefined ? {} : { 'x-filename': name }),
  });
const uploaded = async (...of: Parameters<typeof upload>) => {
  const answer = await upload(...of);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
};

async function newChat(kind: 'agent' | 'narrative' | 'relay' = 'agent'): Promise<string> {
  const host =
    kind === 'narrative' ? (await send('ann', 'POST', '/v1/characters', { name: 'Mira', persona: '' })).body.id : null;
  const settings = kind === 'relay' ? { persona: 'guide' } : host ? { hostId: host } : {};
  return (await send('ann', 'POST', '/v1/chats', { kind, ...settings })).body.id;
}
const post = (chatId: string, attachments: string[], more: object = {}, who = 'ann') =>
  send(who, 'POST', `/v1/chats/${chatId}/turns`, { text: 'Look at this.', attachments, ...more });
const count = async (table: string, where = 'true', ...values: unknown[]) =>
  (await api.database.pool.query(`select count(*)::integer as n from ${table} where ${where}`, values)).rows[0]
    .n as number;
const contentsOf = (bytes: Uint8Array | string) =>
  count('attachment_contents', 'sha256 = $1', createHash('sha256').update(bytes).digest());

describe('an upload', () => {
  test('is answered with its id, type, size and name, and read back as the same bytes', async () => {
    const answer = await upload(png, 'image/png', encodeURIComponent('Möwe am Meer.png'));
    expect(answer).toMatchObject({
      status: 201,
      body: { mediaType: 'image/png', bytes: png.length, name: 'Möwe am Meer.png' },
    });
    expect(answer.body.id).toMatch(/^att_[0-9a-f-]{36}$/);
    expect(answer.headers.get('location')).toBe(`/v1/attachments/${answer.body.id}`);
    const read = await fetch(`${api.url}/v1/attachments/${answer.body.id}`, {
      headers: { authorization: 'Bearer k-ann' },
    });
    expect(Buffer.from(await read.arrayBuffer()).equals(png)).toBe(true);
    expect(read.headers.get('content-type')).toBe('image/png');
    expect(read.headers.get('x-content-type-options')).toBe('nosniff');
    expect(read.headers.get('content-disposition')).toMatch(/^inline; .*filename\*=UTF-8''M%C3%B6we/);
    expect(read.headers.get('content-security-policy')).toMatch(/default-src 'none'; sandbox/);
  });

  test('without a name has none', async () => {
    expect(Object.keys(await uploaded('Hello.', 'text/plain')).sort()).toEqual(['bytes', 'id', 'mediaType']);
  });

  test('of text is served inert, also where it is HTML or a script', async () => {
    const html = await uploaded('<script>alert(1)</script>', 'text/html', 'page.html');
    const script = await uploaded('alert(1)', 'text/javascript');
    expect(script.mediaType).toBe('text/plain');
    for (const { id } of [html, script]) {
      const read = await send('ann', 'GET', `/v1/attachments/${id}`);
      expect(read.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(read.headers.get('content-security-policy')).toMatch(/default-src 'none'; sandbox/);
      expect(read.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['an SVG that is called a PNG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/png'],
    ['a PNG that is called a JPEG', png, 'image/jpeg'],
    ['a PDF', '%PDF-1.7', 'application/pdf'],
    ['text that is not UTF-8', Buffer.from([0x68, 0xe9, 0x20]), 'text/plain'],
    ['text with a NUL', 'a\0b', 'text/plain'],
    ['text in another charset', 'abc', 'text/plain; charset=utf-16'],
    ['a form', '--x', 'multipart/form-data; boundary=x'],
    ['bytes of no type', 'abc', ''],
  ])('of %s is refused with 415', async (_, body, type) => {
    expect(await upload(body as string, type)).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  test('without bytes is refused with 400', async () => {
    expect(await upload('', 'text/plain')).toMatchObject({ status: 400 });
  });

  test('of exactly 10 MiB is taken, and of one byte more refused with 413, whether or not it names its length', async () => {
    const large = Buffer.alloc(limit + 1, 'a');
    expect(await uploaded(large.subarray(0, limit), 'text/plain')).toMatchObject({ bytes: limit });
    expect(await upload(large, 'text/plain')).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    async function* pieces() {
      for (let at = 0; at < large.length; at += 1 << 20) yield large.subarray(at, at + (1 << 20));
    }
    const chunked = await fetch(`${api.url}/v1/attachments`, {
      method: 'POST',
      headers: { authorization: 'Bearer k-ann', 'content-type': 'text/plain' },
      body: pieces() as unknown as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  test('that comes slowly does not keep others waiting, and more than six at once of an owner are refused', async () => {
    const { port } = new URL(api.url);
    const slow = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(
          `POST /v1/attachments HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer k-cat\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\na`,
        );
        return socket;
      }),
    );
    const refused = await until('uploads are refused', async () => {
      const answer = await upload('x', 'text/plain', undefined, 'cat');
      return answer.status === 429 ? answer : null;
    });
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
    await uploaded('x', 'text/plain', undefined, 'ben');
    for (const socket of slow) socket.destroy();
    await until('places are free again', async () =>
      (await upload('x', 'text/plain', undefined, 'cat')).status === 201 ? true : null,
    );
  });

  test('stands for other owners as if it did not exist', async () => {
    const { id } = await uploaded('A secret of Ann.', 'text/plain');
    expect(await send('ben', 'GET', `/v1/attachments/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'attachment_not_found' },
    });
    expect((await send('ann', 'GET', '/v1/attachments/att_x%00')).status).toBe(404);
    const twin = await uploaded('A secret of Ann.', 'text/plain', undefined, 'ben');
    expect(twin.id).not.toBe(id);
    expect(await contentsOf('A secret of Ann.')).toBe(1);
  });
});

describe('a turn with attachments', () => {
  test('has them in its event, in the transcript and in the prompt, in their order', async () => {
    const chatId = await newChat();
    const [image, file] = [
      await uploaded(png, 'image/png', 'lamp.png'),
      await uploaded('# Notes', 'text/markdown', 'notes.md'),
    ];
    const { status, body } = await post(chatId, [file.id, image.id]);
    expect(status).toBe(202);
    const events = (await send('ann', 'GET', `/v1/chats/${chatId}/events`)).body.items;
    expect(events.find(({ kind }) => kind === 'user_turn')?.data.attachments).toEqual([file, image]);
    const [message] = (await send('ann', 'GET', `/v1/chats/${chatId}/messages`)).body.items;
    expect(message).toMatchObject({ role: 'user', content: 'Look at this.', attachments: [file, image] });
    const prompt = await readAgentPrompt(api.database.pool, body.turn.id);
    expect(prompt?.attachments).toEqual([
      { ...file, text: '# Notes' },
      { ...image, text: undefined },
    ]);
  });

  test('is refused with an unknown id, an id of another owner, one id twice, too many, and without text', async () => {
    const chatId = await newChat();
    const own = (await uploaded(png)).id;
    const foreign = (await uploaded(png, 'image/png', undefined, 'ben')).id;
    for (const id of ['att_0199d1c0-0000-7000-8000-000000000000', foreign, 'chat_1', ''])
      expect(await post(chatId, [own, id])).toMatchObject({ status: 404, body: { code: 'attachment_not_found' } });
    expect((await post(chatId, [own, own])).status).toBe(400);
    expect(
      (
        await post(
          chatId,
          Array.from({ length: 11 }, (_, n) => `att_${n}`),
        )
      ).status,
    ).toBe(400);
    expect(await post(chatId, [own], { text: ' ' })).toMatchObject({ status: 400, body: { code: 'empty_text' } });
    expect(await count('chat_attachments', 'chat_id = $1', chatId)).toBe(0);
    expect((await send('ann', 'GET', `/v1/chats/${chatId}`)).body.seq).toBe(1);
  });

  test('is refused where the attachments are larger than 20 MiB together', async () => {
    const chatId = await newChat();
    const large = await uploaded(Buffer.alloc(limit, 'b'), 'text/plain');
    const other = await uploaded(Buffer.alloc(limit, 'c'), 'text/plain');
    const small = await uploaded('d', 'text/plain');
    expect(await post(chatId, [large.id, other.id, small.id])).toMatchObject({
      status: 413,
      body: { code: 'attachments_too_large' },
    });
    expect((await post(chatId, [large.id, other.id])).status).toBe(202);
  });

  test('counts its attachments in the comparison of a repeated request', async () => {
    const chatId = await newChat();
    const [one, other] = [await uploaded(png), await uploaded('x', 'text/plain')];
    const again = (attachments: string[]) =>
      send('ann', 'POST', `/v1/chats/${chatId}/turns`, { text: 'Once.', attachments }, { 'idempotency-key': 'k' });
    const first = await again([one.id]);
    expect((await again([one.id])).body.turn.id).toBe(first.body.turn.id);
    expect(await again([other.id])).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch' } });
  });

  test('has the text of files after the message in a relay chat, and no images', async () => {
    const chatId = await newChat('relay');
    const [image, file] = [await uploaded(png), await uploaded('The tide table.', 'text/csv', 'tide.csv')];
    expect(await post(chatId, [image.id])).toMatchObject({ status: 400, body: { code: 'attachments_unsupported' } });
    const { body } = await post(chatId, [file.id]);
    const request = await readRelayRequest(api.database.pool, body.turn.id);
    expect(request?.message).toBe('Look at this.\n\nFile tide.csv:\nThe tide table.');
  });

  test('shows a character what the user attached', async () => {
    const chatId = await newChat('narrative');
    const image = await uploaded(png, 'image/png', 'lamp.png');
    const { body } = await post(chatId, [image.id]);
    const { hostId } = (await send('ann', 'GET', `/v1/chats/${chatId}`)).body;
    const input = await readPromptInput(api.database.pool, { turnId: body.turn.id, beat: 0, speakerId: hostId });
    expect(input?.attachments).toMatchObject([image]);
  });
});

describe('what an owner stores', () => {
  test('is limited in bytes, and other owners are not affected', async () => {
    const half = Buffer.alloc(limit, 'e');
    let refused: Answer | null = null;
    for (let n = 0; n < 8 && !refused; n++) {
      const answer = await upload(half, 'text/plain', undefined, 'ben');
      if (answer.status !== 201) refused = answer;
    }
    expect(refused).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
    await uploaded('x', 'text/plain', undefined, 'cat');
  });

  test('is removed a day after its upload if no message has it', async () => {
    const old = await uploaded('Never sent.', 'text/plain', undefined, 'cat');
    const sent = await uploaded('Sent.', 'text/plain');
    await post(await newChat(), [sent.id]);
    const day = 24 * 60 * 60_000;
    await api.database.pool.query(
      "update attachments set created_at = now() - interval '25 hours' where id = any($1)",
      [[old.id, sent.id]],
    );
    expect(await removeUnattached(api.database.pool, { olderThanMs: day, withinMs: 5_000 })).toBe(1);
    expect(await count('attachments', 'id = $1', old.id)).toBe(0);
    expect(await contentsOf('Never sent.')).toBe(0);
    expect(await count('attachments', 'id = $1', sent.id)).toBe(1);
  });

  test('is removed with the chat, and what another chat or another owner has is kept', async () => {
    const chatId = await newChat();
    const [alone, shared, twin] = [
      await uploaded('Only here.', 'text/plain'),
      await uploaded('In two chats.', 'text/plain'),
      await uploaded('Of two owners.', 'text/plain'),
    ];
    await uploaded('Of two owners.', 'text/plain', undefined, 'cat');
    await post(chatId, [alone.id, shared.id, twin.id]);
    await post(await newChat(), [shared.id]);
    expect((await send('ann', 'DELETE', `/v1/chats/${chatId}`)).status).toBe(204);
    await until('the attachments are gone', async () =>
      (await count('attachments', 'id = $1', alone.id)) === 0 ? true : null,
    );
    expect(await send('ann', 'GET', `/v1/attachments/${alone.id}`)).toMatchObject({ status: 404 });
    expect([
      await contentsOf('Only here.'),
      await contentsOf('In two chats.'),
      await contentsOf('Of two owners.'),
    ]).toEqual([0, 1, 1]);
    expect((await send('ann', 'GET', `/v1/attachments/${shared.id}`)).status).toBe(200);
    await until('the twin is gone', async () => ((await count('attachments', 'id = $1', twin.id)) === 0 ? true : null));
  });
});
