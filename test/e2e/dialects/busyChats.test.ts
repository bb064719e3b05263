import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';

let world: NarrativeWorld;
let openai: OpenAI;
beforeAll(async () => {
  world = await startNarrativeWorld();
  openai = new OpenAI({ baseURL: `${world.service().api}/openai/v1`, apiKey: 'none', maxRetries: 0 });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

type Message = OpenAI.ChatCompletionMessageParam;
const user = (content: string): Message => ({ role: 'user', content });
const system = (content: string): Message => ({ role: 'system', content });
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** From here on replies wait to be driven. */
const driveReplies = () => world.provider.script(() => ({ steps: [] }));

/** Begins a streamed completion, and gives its turn and chat. */
async function begin(key: string, messages: Message[], more: object = {}) {
  const asked = openai.chat.completions.create(
    { model: 'm', messages, stream: true, ...more },
    { headers: { 'X-Conversation-Id': key } },
  );
  const { data, response } = await asked.withResponse();
  return { stream: data, turnId: response.headers.get('x-turn-id')!, chatId: response.headers.get('x-chat-id')! };
}

/** Asks and waits for the whole answer. */
async function ask(key: string, messages: Message[], more: object = {}) {
  const asked = openai.chat.completions.create(
    { model: 'm', messages, ...more },
    { headers: { 'X-Conversation-Id': key } },
  );
  const { data, response } = await asked.withResponse();
  return { text: data.choices[0]?.message.content, chatId: response.headers.get('x-chat-id')! };
}

/** Says the whole reply of a turn, once its request has come. Gives what was asked. */
async function say(turnId: string, text: string) {
  const call = await world.nextReply(turnId);
  await call.send(text);
  for (const step of ending()) await call.push(step);
  return call.body as Asked;
}

type Asked = { model: string; temperature?: number; messages: Message[] };
const lastAsked = () => world.provider.requests.at(-1)?.body as Asked;
const contents = ({ messages }: Asked) => messages.map(({ content }) => content);

const isEnded = (turnId: string) => world.service().client.awaitTurnEnd(turnId);

describe('a chat completion of a chat in which a turn runs', () => {
  test('has the instructions of its own request, whatever later requests say', async () => {
    driveReplies();
    const one = await begin('own', [system('One.'), user('A')]);
    const two = await begin('own', [system('Two.'), user('A'), user('B')]);
    const three = await begin('own', [system('Three.'), user('A'), user('B'), user('C')]);
    const asked = [];
    for (const { turnId } of [one, two, three]) asked.push(await say(turnId, 'Yes.'));
    expect(asked.map(({ messages }) => messages[0])).toEqual([system('One.'), system('Two.'), system('Three.')]);
  }, 60_000);

  test('is after the other one when both come at the same time, and not beside it', async () => {
    world.provider.script(() => whole('Yes.'));
    const { chatId } = await ask('race', [user('A')]);
    await Promise.all(['B', 'C', 'D'].map((text) => ask('race', [user('A'), user(text)])));
    const { body } = await world
      .service()
      .client.send<{ items: { role: string; content: string }[] }>('GET', `/v1/chats/${chatId}/messages`);
    expect(body.items.map(({ content }) => content)).toEqual(['A', 'Yes.', expect.stringMatching(/^[BCD]$/), 'Yes.']);
  }, 60_000);

  test('follows an edit whose reply is in flight', async () => {
    world.provider.script(whole('One.'));
    const first = await ask('follows', [user('A')]);
    driveReplies();
    const edit = await begin('follows', [user('A2')]);
    edit.stream.controller.abort();
    const next = await begin('follows', [user('A2'), user('B')]);
    expect([edit.chatId, next.chatId]).toEqual([first.chatId, first.chatId]);
    await say(edit.turnId, 'Two.');
    expect(contents(await say(next.turnId, 'Three.')).slice(-3)).toEqual(['A2', 'Two.', 'B']);
  }, 60_000);
});

describe('an edit by a chat completion', () => {
  test('has the instructions, the model and the options of its request', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Three.'));
    await ask('edit', [system('Old.'), user('A')]);
    await ask('edit', [system('Old.'), user('A'), user('B')]);
    await ask('edit', [system('New.'), user('A2')], { model: 'other', temperature: 0.7 });
    expect(lastAsked()).toMatchObject({ model: 'other', temperature: 0.7, messages: [system('New.'), user('A2')] });
  }, 60_000);

  test('has the image of its request, and not that of the message before', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Three.'));
    const showing: Message = {
      role: 'user',
      content: [
        { type: 'text', text: 'And this?' },
        { type: 'image_url', image_url: { url: pixel } },
      ],
    };
    const first = await ask('shown', [user('What is this?')]);
    expect((await ask('shown', [showing])).chatId).toBe(first.chatId);
    expect(lastAsked().messages.at(-1)).toMatchObject(showing);
    await ask('shown', [user('Never mind.')]);
    expect(lastAsked().messages.slice(1)).toEqual([user('Never mind.')]);
  }, 60_000);

  test('keeps the reply before a message that was sent while that reply streamed', async () => {
    driveReplies();
    const [one, two] = [await begin('kept', [user('A')]), await begin('kept', [user('A'), user('B')])];
    const three = await begin('kept', [user('A'), user('B'), user('C')]);
    for (const [{ turnId }, text] of [
      [one, 'One.'],
      [two, 'Two.'],
      [three, 'Three.'],
    ] as const) {
      await say(turnId, text);
      await isEnded(turnId);
    }
    world.provider.script(whole('Other.'));
    expect((await ask('kept', [user('A'), user('B2')])).chatId).toBe(one.chatId);
    expect(contents(lastAsked()).slice(-3)).toEqual(['A', 'One.', 'B2']);
    expect(JSON.stringify(lastAsked())).not.toContain('Three.');
  }, 60_000);
});

test('a completion of another character than that of its chat begins another chat', async () => {
  const { hostId } = await world.newChat({ guest: null });
  world.provider.script(whole('One.'), whole('Two.'));
  const first = await ask('family', [user('A')]);
  const second = await ask('family', [user('A'), user('B')], { model: `character:${hostId}` });
  expect(second.chatId).not.toBe(first.chatId);
  expect(await world.service().client.getChat(second.chatId)).toMatchObject({ kind: 'narrative', hostId });
  const conversation = first.chatId;
  const refused = openai.responses.create({ model: `character:${hostId}`, input: 'C', conversation });
  await expect(refused).rejects.toMatchObject({ status: 400, param: 'model' });
}, 60_000);

describe('a response after an earlier one', () => {
  const create = (input: string, more: object) =>
    openai.responses.create({ model: 'm', input, background: true, ...more }) as Promise<OpenAI.Responses.Response>;

  test('waits for the floor, and is made in a fork that has the reply and no later message', async () => {
    driveReplies();
    const one = await create('A', {});
    const conversation = one.conversation?.id;
    const two = await openai.responses.create({
      model: 'm',
      background: true,
      conversation: conversation!,
      input: [
        { role: 'user', content: 'By the way.' },
        { role: 'user', content: 'B' },
      ],
    });
    await say(one.id, 'One.');
    const call = await world.nextReply(two.id);
    const other = create('C', { previous_response_id: one.id });
    await call.send('Two.');
    for (const step of ending()) await call.push(step);
    const forked = await other;
    expect(forked.conversation?.id).not.toBe(conversation);
    expect(contents(await say(forked.id, 'Other.')).slice(-3)).toEqual(['A', 'One.', 'C']);
  }, 60_000);

  test('is in a chat of its own when another request comes after the same one', async () => {
    world.provider.script(() => whole('Yes.'));
    const one = await openai.responses.create({ model: 'm', input: 'A' });
    const next = await Promise.all(
      ['B', 'C', 'D'].map((input) => openai.responses.create({ model: 'm', input, previous_response_id: one.id })),
    );
    const chats = next.map(({ conversation }) => conversation?.id);
    expect(new Set(chats).size).toBe(3);
  }, 60_000);
});

describe('a response of a chat with two characters', () => {
  const failing = (status: number) =>
    world.provider.classify(({ name }) => {
      if (name === 'interjection') return { status };
      return name === 'state_update' ? { status: 401 } : undefined;
    });

  test.each([401, 503])(
    'is complete when the classifier of the interjection fails with %s, before the follow-ups have ended',
    async (status) => {
      const { chat, hostId } = await world.newChat();
      failing(status);
      const model = `character:${hostId}`;
      const response = await openai.responses.create({ model, input: 'Is anybody there?', conversation: chat.id });
      expect(response.status).toBe('completed');
      const turn = await world.service().client.getTurn(response.id);
      expect(turn.status).not.toBe('completed');
      expect(turn.steps).toContainEqual(expect.objectContaining({ name: 'interjection', status: 'skipped' }));
    },
    60_000,
  );

  test('is cancelled before the follow-ups have ended', async () => {
    const { chat, hostId } = await world.newChat({ guest: null });
    failing(401);
    driveReplies();
    const model = `character:${hostId}`;
    const stream = await openai.responses.create({ model, input: 'Hello?', conversation: chat.id, stream: true });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') {
        id = event.response.id;
        await (await world.nextReply(id)).send('The lamp ');
      }
      if (event.type === 'response.output_text.delta' && event.delta.endsWith(' ')) break;
    }
    const cancelled = await openai.responses.cancel(id, { timeout: 20_000 });
    expect(cancelled).toMatchObject({ status: 'cancelled', output: [{ content: [{ text: 'The lamp ' }] }] });
    expect((await world.service().client.getTurn(id)).status).not.toBe('cancelled');
  }, 60_000);
});
