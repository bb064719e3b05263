import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';

let world: ScriptedService;
let openai: OpenAI;
beforeAll(async () => {
  world = await startScriptedService();
  openai = new OpenAI({ baseURL: `${world.service.api}/openai/v1`, apiKey: 'none' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

type Message = OpenAI.ChatCompletionMessageParam;
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

const inChat = (id: string) => ({ headers: { 'X-Conversation-Id': id } });

/** A whole answer, and the ids of its chat and turn. */
async function ask(messages: Message[], options?: { headers: Record<string, string> }) {
  const { data, response } = await openai.chat.completions.create({ model: 'm', messages }, options).withResponse();
  const [chatId, turnId] = [response.headers.get('x-chat-id'), response.headers.get('x-turn-id')];
  expect(data.id).toBe(turnId);
  return { text: data.choices[0]?.message.content, chatId: chatId!, turnId: turnId! };
}

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}

const userTexts = async (chatId: string): Promise<string[]> => {
  const path = `/v1/chats/${chatId}/messages`;
  const { body } = await world.service.client.send<{ items: { role: string; content: string }[] }>('GET', path);
  return body.items.flatMap(({ role, content }) => (role === 'user' ? [content] : []));
};

describe('a chat completion through the stock client', () => {
  test('is the reply of a turn, with its usage, and the instructions are the prompt of its chat', async () => {
    world.provider.script(whole('Good ', 'evening.'));
    const completion = await openai.chat.completions.create({
      model: 'some-model',
      messages: [{ role: 'system', content: 'Be short.' }, user('Hello')],
    });
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'some-model',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Good evening.' } }],
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
    });
    const asked = world.provider.requests.at(-1)?.body as { model: string; messages: object[]; tools?: unknown };
    expect(asked.model).toBe('some-model');
    expect(asked.messages).toEqual([{ role: 'system', content: 'Be short.' }, user('Hello')]);
    expect(asked.tools).toBeUndefined();
  });

  test('is streamed in chunks of one id, the first with the role, the last with the usage if that is wanted', async () => {
    world.provider.script({ steps: [{ thinking: 'Hm.' }, { text: 'Good ' }, { text: 'evening.' }, ...ending()] });
    const stream = await openai.chat.completions.create({
      model: 'm',
      messages: [user('Hello')],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Good evening.');
    const thoughts = chunks.map(
      ({ choices }) => (choices[0]?.delta as { reasoning_content?: string })?.reasoning_content,
    );
    expect(thoughts.join('')).toBe('Hm.');
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7 } });
  });

  test('has the code of a reply that was cut', async () => {
    world.provider.script({ steps: [{ text: 'Good' }, ...ending('length')] });
    const completion = await openai.chat.completions.create({ model: 'm', messages: [user('Hello')] });
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'Good' } });
  });
});

test('models are those of the server, and the characters', async () => {
  const { id } = await world.service.client.createCharacter();
  const names = [];
  for await (const model of openai.models.list()) names.push(model.id);
  expect(names).toContain(`character:${id}`);
  expect(names).toContain('gpt-4.1');
  expect(await openai.models.retrieve('any-model')).toMatchObject({ id: 'any-model', object: 'model' });
});

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const showing = (url: string): Message => ({
  role: 'user',
  content: [
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url } },
  ],
});

test('an image of a message is an attachment of its turn, and reaches the model', async () => {
  world.provider.script(whole('A dot.'));
  const url = `data:image/png;base64,${pixel}`;
  const { text, chatId } = await ask([showing(url)]);
  expect(text).toBe('A dot.');
  const asked = world.provider.requests.at(-1)?.body as { messages: Message[] };
  expect(asked.messages.at(-1)).toMatchObject(showing(url));
  const { body } = await world.service.client.send<{ items: { attachments?: object[] }[] }>(
    'GET',
    `/v1/chats/${chatId}/messages`,
  );
  expect(body.items[0]?.attachments).toMatchObject([{ mediaType: 'image/png', bytes: 70 }]);
});

test.each(['https://example.org/dot.png', 'data:image/svg+xml;base64,PHN2Zy8+', `data:image/jpeg;base64,${pixel}`])(
  'an image that is not of its type or would have to be fetched is refused: %s',
  async (url) => {
    await expect(ask([showing(url)])).rejects.toMatchObject({ status: 415, code: 'unsupported_media_type' });
  },
);

describe('a chat that a header names', () => {
  test('gets one more turn by one more message', async () => {
    world.provider.script(whole('One.'), whole('Two.'));
    const first = await ask([user('A')], inChat('more'));
    const second = await ask([user('A'), assistant('One.'), user('B')], inChat('more'));
    expect([second.text, second.chatId]).toEqual(['Two.', first.chatId]);
    expect(await userTexts(first.chatId)).toEqual(['A', 'B']);
  });

  test('follows the instructions and the model of a later request, and keeps them where it has none', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Three.'));
    const asked = () => world.provider.requests.at(-1)?.body as { model: string; messages: Message[] };
    const inTea = inChat('instructions');
    await openai.chat.completions.create(
      { model: 'm', messages: [{ role: 'system', content: 'Old.' }, user('A')] },
      inTea,
    );
    const system: Message = { role: 'system', content: 'New.' };
    const second = [system, user('A'), assistant('One.'), user('B')];
    await openai.chat.completions.create({ model: 'other', messages: second }, inTea);
    expect([asked().model, asked().messages[0]]).toEqual(['other', system]);
    const third = [...second.slice(1), assistant('Two.'), user('C')];
    await openai.chat.completions.create({ model: 'other', messages: third }, inTea);
    expect(asked().messages[0]).toEqual(system);
  });

  test('makes its last reply again for the same history, and takes another last message as an edit', async () => {
    world.provider.script(whole('One.'), whole('Other.'), whole('Edited.'));
    const first = await ask([user('A')], inChat('again'));
    const again = await ask([user('A')], inChat('again'));
    expect([again.text, again.chatId]).toEqual(['Other.', first.chatId]);
    expect((await ask([user('B')], inChat('again'))).text).toBe('Edited.');
    expect(await userTexts(first.chatId)).toEqual(['B']);
  });

  test('goes back to an earlier message for a shorter history', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Again.'));
    const { chatId } = await ask([user('A')], inChat('back'));
    await ask([user('A'), assistant('One.'), user('B')], inChat('back'));
    expect((await ask([user('A2')], inChat('back'))).text).toBe('Again.');
    expect(await userTexts(chatId)).toEqual(['A2']);
  });

  test('queues a second message while a turn runs', async () => {
    world.driveReplies();
    const first = openai.chat.completions.create({ model: 'm', messages: [user('A')], stream: true }, inChat('queue'));
    const { response } = await first.withResponse();
    const call = await world.nextAttempt(response.headers.get('x-turn-id')!);
    const second = ask([user('A'), assistant(''), user('B')], inChat('queue'));
    world.provider.script(whole('Two.'));
    await call.send('One.');
    for (const step of ending()) await call.push(step);
    expect([await textOf(await first), (await second).text]).toEqual(['One.', 'Two.']);
  });

  test('is another one for a history that it does not have', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Three.'));
    const first = await ask([user('A')], inChat('other'));
    const second = await ask([user('X'), assistant('Y.'), user('Z')], inChat('other'));
    expect(second.chatId).not.toBe(first.chatId);
    const third = await ask([user('X'), assistant('Y.'), user('Z'), assistant('Two.'), user('W')], inChat('other'));
    expect(third.chatId).toBe(second.chatId);
    const asked = world.provider.requests.at(-1)?.body as { messages: Message[] };
    expect(asked.messages.slice(1)).toEqual([user('X'), assistant('Y.'), user('Z'), assistant('Two.'), user('W')]);
  });
});
