import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { startIssuer, type TestIssuer } from '../../support/service/issuer.js';
import { createServiceClient } from '../../support/viewers/serviceClient.js';
import { watchEvents, watchSocket } from '../../support/viewers/viewer.js';

jest.setTimeout(60_000);

const lineOf = (key: string, rest: string) => `sha256:${createHash('sha256').update(key).digest('hex')}:${rest}\n`;
const now = () => Math.floor(Date.now() / 1_000);

let folder: string;
let file: string;
let issuer: TestIssuer;
let api: TestApi;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
  file = join(folder, 'keys');
  await writeFile(file, lineOf('key-of-cat-in-the-file', 'cat') + lineOf('key-of-dan-in-the-file', 'dan:1'));
  issuer = await startIssuer();
  api = await startTestApi({
    env: {
      API_KEYS: 'key-of-ann-0123456789:ann',
      API_KEYS_FILE: file,
      AUTH_JWKS_URL: issuer.jwksUrl,
      AUTH_JWT_AUDIENCE: 'turns',
    },
  });
}, 60_000);
afterAll(async () => {
  await api?.close();
  await issuer?.close();
  await rm(folder, { recursive: true });
});

const as = (key: string) => createServiceClient(api.url, { key });
const sign = (claims: object) => issuer.sign({ aud: 'turns', sub: 'ann', ...claims });

describe('an api with keys, a file of keys and users of an issuer', () => {
  it('serves each of them with what is their own', async () => {
    const chat = await as('key-of-ann-0123456789').newChat();
    expect((await as(await sign({})).getChat(chat.id)).id).toBe(chat.id);
    for (const key of ['key-of-cat-in-the-file', await sign({ sub: 'ben' })])
      expect((await as(key).send('GET', `/v1/chats/${chat.id}`)).status).toBe(404);
    for (const key of [undefined, 'wrong', await issuer.sign({ sub: 'ann', aud: 'another' })])
      expect((await createServiceClient(api.url, key ? { key } : {}).send('GET', '/v1/chats')).status).toBe(401);
    expect((await as(await sign({})).send('GET', '/metrics')).status).toBe(403);
  });

  it('answers an expired token with 401 token_expired on every mount', async () => {
    const expired = as(await sign({ exp: now() - 1 }));
    const refused = await expired.send('GET', '/v1/chats');
    expect(refused).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await expired.send('GET', '/openai/v1/models')).toMatchObject({
      status: 401,
      body: { error: { code: 'token_expired', type: 'authentication_error' } },
    });
  });

  it('closes the socket and the stream of a token at its end, with 4401', async () => {
    const chat = await as('key-of-ann-0123456789').newChat();
    const token = await sign({ exp: now() + 3 });
    const socket = watchSocket(api.url, chat.id, { key: token });
    const stream = watchEvents(api.url, chat.id, { key: token });
    await Promise.all([socket, stream].map((viewer) => viewer.until(() => viewer.cursor() > 0, 'the chat')));
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect(await stream.closed).toMatchObject({ code: 1006 });
  });

  it('gives a token of a user no more time than that has, and its level', async () => {
    const exp = now() + 60;
    const user = as(await sign({ exp, level: 2 }));
    const made = await user.send<{ token: string; expiresAt: string }>('POST', '/v1/tokens', {
      scope: 'write',
      ttlSeconds: 86_400,
    });
    expect(made).toMatchObject({ status: 201, body: { expiresAt: new Date(exp * 1_000).toISOString() } });
    expect((await as(made.body.token).send('GET', '/v1/chats')).status).toBe(200);
  });

  it('answers 503 with Retry-After while the key set can not be read, and keys work', async () => {
    const away = await startTestApi({
      env: { API_KEYS: 'key-of-ann-0123456789:ann', AUTH_JWKS_URL: 'http://127.0.0.1:9/jwks' },
      database: api.database,
    });
    try {
      const user = createServiceClient(away.url, { key: await sign({}) });
      const refused = await user.send('GET', '/v1/chats');
      expect(refused).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
      expect(refused.headers.get('retry-after')).toBe('2');
      const socket = watchSocket(away.url, 'chat_1', { key: await sign({}) });
      expect(await socket.closed).toMatchObject({ code: 1013 });
      const ready = await user.send<{ checks: object }>('GET', '/readyz');
      expect(Object.keys(ready.body.checks).sort()).toEqual(['postgres', 'reconciler', 'temporal', 'worker']);
      const ann = createServiceClient(away.url, { key: 'key-of-ann-0123456789' });
      expect((await ann.send('GET', '/v1/chats')).status).toBe(200);
    } finally {
      await away.stop();
    }
  });

  it('ends what a key has open when the key is removed from the file, its tokens too', async () => {
    const key = 'key-of-dan-in-the-file';
    const chat = await as(key).newChat();
    const { token } = (await as(key).send<{ token: string }>('POST', '/v1/tokens', { scope: 'read', ttlSeconds: 600 }))
      .body;
    const viewers = [key, token].map((each) => watchSocket(api.url, chat.id, { key: each }));
    const stream = watchEvents(api.url, chat.id, { key: token });
    const stays = watchSocket(api.url, (await as('key-of-cat-in-the-file').newChat()).id, {
      key: 'key-of-cat-in-the-file',
    });
    await Promise.all([...viewers, stream, stays].map((viewer) => viewer.until(() => viewer.cursor() > 0, 'the chat')));
    await writeFile(file, lineOf('key-of-cat-in-the-file', 'cat') + lineOf('another-key-of-dan', 'dan'));
    for (const viewer of viewers) expect(await viewer.closed).toMatchObject({ code: 4401 });
    expect(await stream.closed).toMatchObject({ code: 1006 });
    for (const gone of [key, token]) expect((await as(gone).send('GET', '/v1/chats')).status).toBe(401);
    expect((await as('another-key-of-dan').getChat(chat.id)).id).toBe(chat.id);
    const frames = stays.frames.length;
    expect((await as('key-of-cat-in-the-file').send('GET', '/v1/chats')).status).toBe(200);
    expect(stays.frames.length).toBe(frames);
    stays.close();
  });
});
