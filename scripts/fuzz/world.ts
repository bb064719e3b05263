import { crc32, deflateSync } from 'node:zlib';
import type { Samples } from './request.js';
import type { Answer, Send } from './send.js';

/** One owner's resources of each kind, with a text in all of them. */
export type World = {
  /** All answers of the requests that made them. */
  answers: string;
  call(method: string, path: string, body?: unknown): Promise<unknown>;
};

type Body = { id: string; [field: string]: unknown };

/** `words`: stands in every text of the owner. `waitSeconds`: how long a turn is waited for, 0 without a worker. */
export async function createWorld(
  send: Send,
  { key, words, waitSeconds }: { key: string; words: string; waitSeconds: number },
): Promise<World> {
  let answers = '';
  async function transfer(method: string, path: string, body: Buffer | null, headers: Record<string, string>) {
    const answer = await send({ method, path, body, headers: { authorization: `Bearer ${key}`, ...headers } });
    return check(answer, `${method} ${path}`);
  }
  function check(answer: Answer | null, what: string): unknown {
    const text = answer?.body.toString() ?? '';
    if (!answer || answer.status >= 300) throw new Error(`${what} was answered ${answer?.status}: ${text}`);
    answers += `\n${text}`;
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    transfer(method, path, body === undefined ? null : Buffer.from(JSON.stringify(body)), {
      'content-type': 'application/json',
      ...headers,
    });
  const create = async (path: string, body: unknown) => (await call('POST', path, body)) as Body;
  const upload = async (path: string, type: string, bytes: Buffer) =>
    (await transfer('POST', path, bytes, { 'content-type': type })) as Body;

  async function turn(chatId: string, more: object = {}): Promise<void> {
    const body = { text: `${words} Hello.`, ...more };
    await call('POST', `/v1/chats/${chatId}/turns`, body, waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {});
  }

  await call('PUT', '/v1/you', { name: words, persona: words });
  const host = await create('/v1/characters', { name: `${words} host`, persona: words, greeting: words });
  const guest = await create('/v1/characters', { name: `${words} guest`, persona: words });
  await transfer('PUT', `/v1/characters/${host.id}/avatar`, pixel(words), { 'content-type': 'image/png' });
  await upload('/v1/characters/import', 'application/json', Buffer.from(JSON.stringify(cardOf(words))));
  const attachment = await upload('/v1/attachments', 'text/plain', Buffer.from(words));

  const played = await create('/v1/chats', {
    ...{ kind: 'narrative', title: words, hostId: host.id, guestId: guest.id, scene: { container: words } },
  });
  const chat = `/v1/chats/${played.id}`;
  await create(`${chat}/memories`, { text: words, witnessIds: [host.id] });
  await create(`${chat}/storyEvents`, { title: words, description: words });
  await call('PATCH', `${chat}/edges`, { sourceId: host.id, targetId: 'you', summary: words });
  await turn(played.id);

  const document = await create('/v1/documents', { title: words, body: `${words} First line.\nSecond line.` });
  const thread = await create('/v1/chats', { kind: 'document', title: words, documentId: document.id });
  await turn(thread.id, { quote: words, attachments: [attachment.id] });

  const agent = await create('/v1/chats', { kind: 'agent', title: words, systemPrompt: words });
  await create(`/v1/chats/${agent.id}/events`, { kind: 'reasoning', data: { reasoning: words } });
  await turn(agent.id);

  await create('/v1/providers', { name: words, baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'key', defaultModel: words });
  const url = `http://127.0.0.1:9/${encodeURIComponent(words)}`;
  await create('/v1/webhooks', { url, events: ['user_turn'], secret: 'a secret of the webhook' });
  return {
    get answers() {
      return answers;
    },
    call,
  };
}

/** All that the owner has, as the api shows it. */
export async function readWorld({ call }: Pick<World, 'call'>): Promise<string> {
  const shown: unknown[] = [];
  const read = async (path: string) => {
    const body = (await call('GET', path)) as { items?: Body[] };
    shown.push([path, body]);
    return body.items ?? [];
  };
  for (const path of ['you', 'characters', 'documents', 'providers', 'webhooks']) await read(`/v1/${path}`);
  for (const { id } of await read('/v1/chats'))
    for (const path of [
      'events?include=hidden',
      'messages',
      'edges',
      'memories',
      'scenes',
      'storyEvents',
      'projection',
    ])
      await read(`/v1/chats/${id}/${path}`);
  return JSON.stringify(shown, null, 1);
}

const cardOf = (words: string) => ({
  spec: 'chara_card_v3',
  spec_version: '3.0',
  data: {
    ...{ name: words, description: words, first_mes: words, system_prompt: words, tags: [words], extensions: {} },
    character_book: { entries: [{ keys: [words], content: words, enabled: true, insertion_order: 1, extensions: {} }] },
  },
});

/** A PNG of one pixel, with a text beside it. */
function pixel(words: string): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])),
    chunk('prVt', Buffer.from(words)),
    chunk('IDAT', deflateSync(Buffer.from([0, 230, 120, 20]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Files for the calls that take bytes, each of which one of them accepts. */
export function samplesOf(exported: Buffer): Samples {
  return [
    { type: 'image/png', bytes: pixel('sample') },
    { type: 'application/json', bytes: Buffer.from(JSON.stringify(cardOf('Mira'))) },
    { type: 'text/plain', bytes: Buffer.from('Plain text, ä.') },
    { type: 'text/markdown', bytes: Buffer.from('# A title') },
    { type: 'application/x-ndjson', bytes: exported },
    { type: 'application/x-ndjson', bytes: exported },
    { type: 'application/octet-stream', bytes: Buffer.from([0, 1, 2, 255]) },
  ];
}
