import { ApiError, createClient } from '../../client/src/index.js';
import type { DataDir } from './dataDir.js';
import { StartFailure } from './failure.js';

const mira = {
  name: 'Mira',
  persona:
    'Mira keeps the lighthouse at the end of the harbour wall. Dry humour, watchful, kinder than she lets on. She speaks in short sentences and notices small things: the weather, hands, what people leave out.',
};
const tobias = {
  name: 'Tobias',
  persona:
    'Tobias mends clocks and nets in the room below the lamp. Talkative, superstitious, loyal to Mira and afraid of nothing but the fog. He cannot let a story pass without adding to it.',
};
const you = { name: 'Robin', persona: 'A traveller who came in with the last ferry.' };
const scene = { container: 'The lamp room of the lighthouse, at dusk, a storm coming in' };

const storm = {
  title: 'The storm reaches the harbour',
  description:
    'The storm that has been building all day breaks over the lighthouse. It is over when the lamp has held through it.',
  status: 'active',
};

const letter = {
  title: 'A letter from the lighthouse',
  body: `Dear Robin,

the storm has passed and the lamp held. Tobias says it was the salt in the fog that saved us. I say it was the new wick, and that he should have changed it in spring when I asked him to.

You left a book here. I have read the first half of it, and I do not like where it is going.

The ferry runs again on Thursday. Bring coffee, and something for the cat to disagree with.

Mira
`,
};
const clerk = {
  kind: 'agent',
  title: 'An agent with tools',
  systemPrompt: 'You help the keepers of a lighthouse with sums, dates and lists. Use your tools rather than guess.',
  thinkingEnabled: true,
};

const assistant = {
  kind: 'agent',
  title: 'An assistant',
  systemPrompt: 'You are a helpful assistant. Answer in plain words, and briefly.',
  enabledTools: [],
};

/** Gives the id of the demo chat: that of an earlier start if it still exists, else of a new one. */
export async function seedDemoChat(options: {
  api: string;
  key: string | undefined;
  dataDir: DataDir;
  signal: AbortSignal;
}): Promise<string> {
  const call = caller(options);
  const kept = await options.dataDir.readDemoChat();
  if (kept && (await call('GET', `/v1/chats/${kept.chatId}`)) !== null) return kept.chatId;
  await call('PUT', '/v1/you', you);
  // A chat of each kind. The assistant is the last, because the page opens the one with the newest event.
  await call('POST', '/v1/chats', clerk);
  const document = await call('POST', '/v1/documents', letter);
  await call('POST', '/v1/chats', { kind: 'document', title: 'A letter, edited', documentId: document?.id });
  const host = await call('POST', '/v1/characters', mira);
  const guest = await call('POST', '/v1/characters', tobias);
  const ids = { hostId: host?.id, guestId: guest?.id };
  const chat = await call('POST', '/v1/chats', { kind: 'narrative', title: 'The lamp room', ...ids, scene });
  if (!chat) throw new StartFailure('The demo chat could not be created: the api does not find it.');
  await call('POST', `/v1/chats/${chat.id}/storyEvents`, storm);
  await call('POST', '/v1/chats', assistant);
  await options.dataDir.writeDemoChat({ chatId: chat.id });
  return chat.id;
}

/** Calls the api and returns the resource; null when it does not exist. */
function caller({ api, key, signal }: { api: string; key: string | undefined; signal: AbortSignal }) {
  const client = createClient({ baseUrl: api, key: key ?? null, timeoutMs: 15_000 });
  return async (method: string, path: string, body?: unknown): Promise<{ id: string } | null> => {
    try {
      return (await client.request<{ id: string }>(method, path, { body, signal })).body;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) return null;
      throw new StartFailure(`The demo chat could not be created: ${method} ${path} answers ${error.message}`);
    }
  };
}
