import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { createLog } from '../../../telemetry/log/log.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';

jest.setTimeout(60_000);

const key = 'key-of-ann-0123456789';
/** Is in all that is outside of the token's chat. */
const canary = 'canary';
let logged = '';
let api: TestApi;
let ann: ServiceClient;
/** The chat of the tokens, and what is in it. */
let own: Record<string, string>;
/** Another chat of the same owner, and what is in it. */
let other: Record<string, string>;

beforeAll(async () => {
  const to = new Writable({
    write(chunk, _encoding, done) {
      logged += chunk;
      done();
    },
  });
  const keys = Buffer.alloc(32, 1).toString('hex');
  api = await startTestApi({
    env: { API_KEYS: `${key}:ann:2,key-of-ben-0123456789:ben`, PROVIDER_ENCRYPTION_KEY: keys },
    log: createLog('trace', 'api', { to }),
  });
  ann = createServiceClient(api.url, { key });
  own = await fill('lantern');
  other = await fill(canary);
}, 60_000);
afterAll(() => api?.close());

/** A document chat with a change and an attachment, and a narrative chat's host, each with the word in its text. */
async function fill(word: string): Promise<Record<string, string>> {
  const create = async (path: string, body: object) =>
    (await ann.send<{ id: string; turn: { id: string } }>('POST', path, body)).body;
  const document = await create('/v1/documents', { title: word, body: word });
  const host = await create('/v1/characters', { name: word, persona: word, greeting: word });
  const chat = await create('/v1/chats', { kind: 'narrative', title: word, hostId: host.id });
  const thread = await create('/v1/chats', { kind: 'document', title: word, documentId: document.id });
  const provider = await create('/v1/providers', {
    name: word,
    baseUrl: 'https://models.example/v1',
    apiKey: 'sk-something',
    defaultModel: word,
  });
  const upload = await fetch(`${api.url}/v1/attachments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/plain', 'x-filename': word },
    body: word,
  });
  const attachment = (await upload.json()) as { id: string };
  const { turn } = await create(`/v1/chats/${chat.id}/turns`, { text: word, attachments: [attachment.id] });
  const changeId = `chg_of-${word}`;
  await api.database.pool.query(
    `insert into changes (chat_id, id, document_id, state, original, proposed, reason, message_seq, proposed_seq, position)
     values ($1, $2, $3, 'pending', $4, $4, $4, 1, 1, 0)`,
    [thread.id, changeId, document.id, word],
  );
  return {
    chatId: chat.id,
    threadId: thread.id,
    documentId: document.id,
    characterId: host.id,
    turnId: turn.id,
    versionId: turn.id,
    attachmentId: attachment.id,
    changeId,
    providerId: provider.id,
    memoryId: 'mem_1',
    name: 'reply:0',
    callId: 'call_1',
  };
}

type Minted = { token: string; expiresAt: string; code?: string };
const mint = (body: object, by: ServiceClient = ann) => by.send<Minted>('POST', '/v1/tokens', body);

async function tokenFor(rights: object): Promise<string> {
  const { status, body } = await mint({ ttlSeconds: 600, ...rights });
  expect(status).toBe(201);
  return body.token;
}

const as = (token: string) => createServiceClient(api.url, { key: token });
const chats = () => [own.chatId, own.threadId];

type Operation = { operationId: string };
/** Each call of the OpenAPI document, its path filled with ids of what is given. */
async function allCalls(ids: Record<string, string>) {
  const { body } = await ann.send<{ paths: Record<string, Record<string, Operation>> }>('GET', '/openapi.json');
  return Object.entries(body.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId }]) => ({
      operation: operationId,
      method: method.toUpperCase(),
      path: path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `no-${name}`),
    })),
  );
}

const bodyOf = (method: string) => (method === 'GET' || method === 'DELETE' ? undefined : {});

describe('POST /v1/tokens', () => {
  it('answers 201 with a token and its end', async () => {
    const { status, body } = await mint({ scope: 'read', ttlSeconds: 60 });
    expect([status, Object.keys(body).sort()]).toEqual([201, ['expiresAt', 'token']]);
    expect(body.token).toMatch(/^[\w.-]+$/);
    const left = Date.parse(body.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('refuses other scopes, times and fields, and chats that the caller does not have', async () => {
    const good = { scope: 'read', ttlSeconds: 60 };
    for (const wrong of [
      { ttlSeconds: 0 },
      { ttlSeconds: 86_401 },
      { ttlSeconds: 1.5 },
      { scope: 'admin' },
      { chatIds: [] },
      { chatIds: Array(101).fill(own.chatId) },
      { level: 3 },
    ])
      expect([wrong, (await mint({ ...good, ...wrong })).body.code]).toEqual([wrong, 'invalid_body']);
    const ben = createServiceClient(api.url, { key: 'key-of-ben-0123456789' });
    expect(await mint({ ...good, chatIds: [own.chatId] }, ben)).toMatchObject({
      status: 404,
      body: { code: 'chat_not_found' },
    });
    expect((await mint({ ...good, chatIds: [own.chatId, 'chat_none'] })).status).toBe(404);
  });

  it('by a token makes no wider and no longer token', async () => {
    const parent = (await mint({ scope: 'write', ttlSeconds: 100, chatIds: [own.chatId] })).body;
    const child = await mint({ scope: 'write', ttlSeconds: 86_400 }, as(parent.token));
    expect(child).toMatchObject({ status: 201, body: { expiresAt: parent.expiresAt } });
    expect((await as(child.body.token).send('GET', `/v1/chats/${own.chatId}`)).status).toBe(200);
    expect((await as(child.body.token).send('GET', `/v1/chats/${other.chatId}`)).status).toBe(404);
    const wider = { scope: 'write', ttlSeconds: 60, chatIds: [own.chatId, other.chatId] };
    expect(await mint(wider, as(parent.token))).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    const reader = as(await tokenFor({ scope: 'read' }));
    expect(await mint({ scope: 'write', ttlSeconds: 60 }, reader)).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope' },
    });
  });
});

describe('a token with the scope read', () => {
  it('is refused with 403 insufficient_scope for every call of the OpenAPI document that is not a GET', async () => {
    for (const rights of [{ scope: 'read' }, { scope: 'read', chatIds: chats() }]) {
      const reader = as(await tokenFor(rights));
      const writes = (await allCalls(own)).filter(({ method }) => method !== 'GET');
      expect(writes.length).toBeGreaterThan(30);
      for (const { operation, method, path } of writes) {
        const { status, body } = await reader.send<Minted>(method, path, bodyOf(method));
        expect([operation, status, body.code]).toEqual([operation, 403, 'insufficient_scope']);
      }
    }
  });

  it('reads what its owner reads, except the metrics', async () => {
    const reader = as(await tokenFor({ scope: 'read' }));
    const reads = (await allCalls(own)).filter(({ method, path }) => method === 'GET' && path.startsWith('/v1'));
    for (const { operation, method, path } of reads) {
      if (operation === 'followChat') continue;
      const query = { search: '?q=lantern', previewRewind: '?toSeq=1' }[operation] ?? '';
      const { status } = await reader.send(method, path + query);
      const expected = (await ann.send(method, path + query)).status;
      expect([operation, status]).toEqual([operation, expected]);
    }
    expect((await reader.send('GET', '/metrics')).status).toBe(403);
  });
});

describe('a token that names chats', () => {
  it('gets nothing of another chat of its owner by any call of the OpenAPI document', async () => {
    const guest = as(await tokenFor({ scope: 'write', chatIds: chats() }));
    /** They name no chat in their path, and answer only with what belongs to the token's chats, or with nothing of chats. */
    const open = ['getHealth', 'getReadiness', 'getServiceFacts', 'createToken', 'uploadAttachment'];
    const narrowed = ['listChats', 'search'];
    for (const { operation, method, path } of await allCalls(other)) {
      if (operation === 'followChat') continue;
      const query = operation === 'search' ? `?q=${canary}` : '';
      const { status, body } = await guest.send<Minted>(method, path + query, bodyOf(method));
      expect([operation, JSON.stringify(body)]).toEqual([operation, expect.not.stringContaining(canary)]);
      if (narrowed.includes(operation)) expect([operation, status]).toEqual([operation, 200]);
      else if (!open.includes(operation)) expect([operation, [403, 404].includes(status)]).toEqual([operation, true]);
    }
    expect((await ann.send<{ title: string }>('GET', `/v1/chats/${other.chatId}`)).body.title).toBe(canary);
  });

  it('reads and writes its own chats, and what is in them', async () => {
    const guest = as(await tokenFor({ scope: 'write', chatIds: chats() }));
    const list = await guest.send<{ items: { id: string }[] }>('GET', '/v1/chats?sort=activity&q=lantern');
    expect(list.body.items.map(({ id }) => id).sort()).toEqual(chats().sort());
    const found = await guest.send<{ items: { chatId: string }[] }>('GET', '/v1/search?q=lantern');
    expect(found.body.items.map(({ chatId }) => chatId)).toContain(own.chatId);
    for (const path of [
      `/v1/chats/${own.chatId}`,
      `/v1/chats/${own.chatId}/events`,
      `/v1/chats/${own.chatId}/messages`,
      `/v1/chats/${own.chatId}/export`,
      `/v1/turns/${own.turnId}`,
      `/v1/documents/${own.documentId}`,
      `/v1/characters/${own.characterId}`,
      `/v1/attachments/${own.attachmentId}`,
    ])
      expect([path, (await guest.send('GET', path)).status]).toEqual([path, 200]);
    const changes = await guest.send<{ items: { id: string }[] }>('GET', `/v1/documents/${own.documentId}/changes`);
    expect(changes.body.items.map(({ id }) => id)).toEqual([own.changeId]);
    expect((await guest.send('PATCH', `/v1/chats/${own.chatId}`, { title: 'lantern' })).status).toBe(200);
    expect((await guest.sendTurn(own.chatId ?? '', 'Hi')).status).toBe(202);
    expect((await guest.cancelTurn(own.turnId ?? '')).status).toBe(204);
  });

  it('does not see the changes that another chat proposes to the same document', async () => {
    const thread = await ann.send<{ id: string }>('POST', '/v1/chats', {
      kind: 'document',
      documentId: own.documentId,
    });
    await api.database.pool.query(
      `insert into changes (chat_id, id, document_id, state, original, proposed, reason, message_seq, proposed_seq, position)
       values ($1, 'chg_of-another', $2, 'pending', 'a', 'b', 'c', 1, 1, 0)`,
      [thread.body.id, own.documentId],
    );
    const guest = as(await tokenFor({ scope: 'write', chatIds: chats() }));
    const changes = await guest.send<{ items: { id: string }[] }>('GET', `/v1/documents/${own.documentId}/changes`);
    expect(changes.body.items.map(({ id }) => id)).toEqual([own.changeId]);
    expect((await guest.send('POST', '/v1/changes/chg_of-another/decline')).status).toBe(404);
  });

  it('can not reach other things by naming them in a body', async () => {
    const guest = as(await tokenFor({ scope: 'write', chatIds: chats() }));
    const turn = { text: 'Hi', attachments: [other.attachmentId] };
    expect(await guest.send('POST', `/v1/chats/${own.chatId}/turns`, turn)).toMatchObject({
      status: 404,
      body: { code: 'attachment_not_found' },
    });
    for (const [change, code] of [
      [{ guestId: other.characterId }, 'character_not_found'],
      [{ providerId: own.providerId }, 'insufficient_scope'],
      [{ settings: { providerId: own.providerId } }, 'insufficient_scope'],
    ] as const)
      expect(await guest.send('PATCH', `/v1/chats/${own.chatId}`, change)).toMatchObject({ body: { code } });
  });

  it('can attach what it has uploaded', async () => {
    const token = await tokenFor({ scope: 'write', chatIds: chats() });
    const upload = await fetch(`${api.url}/v1/attachments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      body: 'a file',
    });
    const { id } = (await upload.json()) as { id: string };
    const turn = { text: 'Look', attachments: [id] };
    expect((await as(token).send('POST', `/v1/chats/${own.chatId}/turns`, turn)).status).toBe(202);
  });

  it('is refused on the mounts of other protocols, where a read token only reads', async () => {
    const guest = as(await tokenFor({ scope: 'write', chatIds: chats() }));
    const reader = as(await tokenFor({ scope: 'read' }));
    const calls = [
      ['GET', '/openai/v1/models'],
      ['POST', '/openai/v1/chat/completions'],
      ['POST', '/openai/v1/responses'],
      ['GET', `/openai/v1/responses/${other.turnId}`],
      ['POST', '/openai/v1/conversations'],
      ['POST', '/ai-sdk/v7/chat'],
      ['GET', `/ai-sdk/v5/chat/${other.chatId}/messages`],
      ['POST', `/ai-sdk/v6/chat/${other.chatId}/stop`],
      ['POST', '/ag-ui'],
    ] as const;
    for (const [method, path] of calls) {
      expect([path, (await guest.send(method, path, bodyOf(method))).status]).toEqual([path, 403]);
      const expected = method === 'GET' ? (await ann.send(method, path)).status : 403;
      expect([path, (await reader.send(method, path, bodyOf(method))).status]).toEqual([path, expected]);
    }
  });
});

describe('a token in the URL', () => {
  const streamOf = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${api.url}/v1/chats/${own.chatId}/events?after=0&${query}`, {
      headers: { accept: 'text/event-stream', ...headers },
    });

  it('opens an event stream', async () => {
    const answer = await streamOf(`token=${await tokenFor({ scope: 'read', chatIds: chats() })}`);
    expect([answer.status, answer.headers.get('referrer-policy')]).toEqual([200, 'no-referrer']);
    await answer.body?.cancel();
    expect((await streamOf(`token=${await tokenFor({ scope: 'read', chatIds: [other.chatId] })}`)).status).toBe(404);
  });

  it('is not taken for another call, and a key is not taken from there', async () => {
    const token = await tokenFor({ scope: 'read' });
    expect((await streamOf(`token=${key}`)).status).toBe(401);
    expect((await streamOf(`token=${token}&token=${token}`)).status).toBe(401);
    expect((await streamOf(`token=${token}`, { accept: 'application/json' })).status).toBe(401);
    expect((await api.client.send('GET', `/v1/chats?token=${token}`)).status).toBe(401);
    expect((await streamOf(`token=${token}`, { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('that has expired is answered with 401 token_expired, so that an EventSource does not come back', async () => {
    const { token } = (await mint({ scope: 'read', ttlSeconds: 1 })).body;
    const open = await streamOf(`token=${token}`);
    expect(open.status).toBe(200);
    // It is cut when the token ends.
    await expect(open.text()).rejects.toThrow();
    const refused = await streamOf(`token=${token}`);
    expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ code: 'token_expired' })]);
    expect(await as(token).send('GET', '/v1/chats')).toMatchObject({ status: 401, body: { code: 'token_expired' } });
  });

  it('is in no line of the log', async () => {
    const token = await tokenFor({ scope: 'read' });
    await (await streamOf(`token=${token}`)).body?.cancel();
    await streamOf(`token=${token}x`);
    await fetch(`${api.url}/v1/chats/%E0%A4%A/events?token=${token}`, { headers: { accept: 'text/event-stream' } });
    await fetch(`${api.url}/v1/no/such/path?token=${token}`, { headers: { authorization: `Bearer ${key}` } });
    await dial(`/v1/chats/${own.chatId}/live?token=${token}`);
    await api.database.pool.query('alter table chats rename to chats_elsewhere');
    await streamOf(`token=${token}`).then((answer) => answer.text());
    await api.database.pool.query('alter table chats_elsewhere rename to chats');
    expect(logged).toContain(`/v1/chats/${own.chatId}/events`);
    for (const part of token.split('.')) expect(logged).not.toContain(part);
    expect(logged).not.toContain('token=');
  });
});

/** Resolves with the close code; 101 when a frame came. */
function dial(path: string, protocols: string[] = []): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(api.url.replace('http', 'ws') + path, protocols);
    socket.on('message', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('close', (code) => resolve(code));
    socket.on('error', () => undefined);
  });
}

describe('a live socket', () => {
  it('is opened with a token as its subprotocol or in its URL, for the chats of the token only', async () => {
    const token = await tokenFor({ scope: 'read', chatIds: chats() });
    const protocols = ['durable-turns.v1', `bearer.${token}`];
    expect(await dial(`/v1/chats/${own.chatId}/live`, protocols)).toBe(101);
    expect(await dial(`/v1/chats/${own.chatId}/live?token=${token}`)).toBe(101);
    expect(await dial(`/v1/chats/${other.chatId}/live`, protocols)).toBe(4404);
    expect(await dial(`/v1/chats/${other.chatId}/live?token=${token}`)).toBe(4404);
    expect(await dial(`/v1/chats/${own.chatId}/live?token=${key}`)).toBe(4401);
  });

  it('is closed with 4401 when its token ends, and refused with 4401 afterwards', async () => {
    const { token } = (await mint({ scope: 'read', ttlSeconds: 1 })).body;
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/chats/${own.chatId}/live`, [
      'durable-turns.v1',
      `bearer.${token}`,
    ]);
    const closed = new Promise((resolve) => socket.on('close', (code, why) => resolve([code, why.toString()])));
    expect(await closed).toEqual([4401, 'the token has expired']);
    expect(await dial(`/v1/chats/${own.chatId}/live?token=${token}`)).toBe(4401);
  });

  it('of a read token takes no cancel', async () => {
    const token = await tokenFor({ scope: 'read', chatIds: chats() });
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/chats/${own.chatId}/live`, [
      'durable-turns.v1',
      `bearer.${token}`,
    ]);
    const refused = new Promise((resolve) => {
      socket.on('message', (data) => {
        const frame = JSON.parse(data.toString()) as { type: string; code: string };
        if (frame.type === 'hello') socket.send(JSON.stringify({ type: 'cancel', turnId: own.turnId }));
        if (frame.type === 'error') resolve(frame.code);
      });
    });
    expect(await refused).toBe('insufficient_scope');
    socket.terminate();
  });
});
