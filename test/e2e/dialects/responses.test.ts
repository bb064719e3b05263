import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
let openai: OpenAI;
beforeAll(async () => {
  world = await startScriptedService();
  openai = new OpenAI({ baseURL: `${world.service.api}/openai/v1`, apiKey: 'none' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

type Event = OpenAI.Responses.ResponseStreamEvent;

async function eventsOf(stream: AsyncIterable<Event>, until?: (event: Event) => boolean): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) {
    events.push(event);
    if (until?.(event)) break;
  }
  return events;
}

const deltas = (events: Event[]): string =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');

const streamed = (input: string, more: object = {}) =>
  openai.responses.create({ model: 'm', input, stream: true, ...more });

describe('a response through the stock client', () => {
  test('is the reply of a turn, with the fields of its request', async () => {
    world.provider.script(whole('Good ', 'evening.'));
    const response = await openai.responses.create({
      model: 'some-model',
      input: 'Hello',
      instructions: 'Be short.',
      metadata: { a: 'b' },
    });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'some-model',
      output_text: 'Good evening.',
      instructions: 'Be short.',
      metadata: { a: 'b' },
      usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
    });
    const asked = world.provider.requests.at(-1)?.body as { messages: object[] };
    expect(asked.messages[0]).toEqual({ role: 'system', content: 'Be short.' });
    expect(await openai.responses.retrieve(response.id)).toMatchObject({ id: response.id, output: response.output });
  });

  test('is streamed in the order that the client checks, and its numbers increase', async () => {
    world.provider.script({ steps: [{ thinking: 'Hm.' }, { text: 'Good ' }, { text: 'evening.' }, ...ending()] });
    const events = await eventsOf(await streamed('Hello'));
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      ...Array(events.filter(({ type }) => type === 'response.output_text.delta').length).fill(
        'response.output_text.delta',
      ),
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(deltas(events)).toBe('Good evening.');
    const numbers = events.map(({ sequence_number }) => sequence_number);
    expect(numbers[0]).toBe(0);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  test('is accepted by the helper that checks every event, and continues after the previous one', async () => {
    world.provider.script(whole('One.'), whole('Two.'));
    const first = await openai.responses.stream({ model: 'm', input: 'A' }).finalResponse();
    const second = await openai.responses
      .stream({ model: 'm', input: 'B', previous_response_id: first.id })
      .finalResponse();
    expect([first.output_text, second.output_text]).toEqual(['One.', 'Two.']);
    expect(second.conversation).toEqual(first.conversation);
    const asked = world.provider.requests.at(-1)?.body as { messages: { role: string; content: string }[] };
    expect(asked.messages.map(({ content }) => content).slice(-3)).toEqual(['A', 'One.', 'B']);
  });

  test('after an earlier response is made in a fork', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Other.'));
    const first = await openai.responses.create({ model: 'm', input: 'A' });
    const second = await openai.responses.create({ model: 'm', input: 'B', previous_response_id: first.id });
    const other = await openai.responses.create({ model: 'm', input: 'C', previous_response_id: first.id });
    expect(other.conversation?.id).not.toBe(second.conversation?.id);
    const asked = world.provider.requests.at(-1)?.body as { messages: { content: string }[] };
    expect(asked.messages.map(({ content }) => content).slice(-3)).toEqual(['A', 'One.', 'C']);
  });

  test('refuses an unknown previous response and a cursor that is no number', async () => {
    const unknown = openai.responses.create({ model: 'm', input: 'B', previous_response_id: 'resp_1' });
    await expect(unknown).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
    world.provider.script(whole('One.'));
    const { id } = await openai.responses.create({ model: 'm', input: 'A' });
    const wrong = openai.responses.retrieve(id, { stream: true, starting_after: 1.5 });
    await expect(wrong).rejects.toMatchObject({ status: 400, param: 'starting_after' });
  });

  test('can be streamed again after every number, in flight and when it has ended', async () => {
    world.driveReplies();
    const stream = await streamed('Tell me.', { background: true });
    const events: Event[] = [];
    const reading = (async () => {
      for await (const event of stream) events.push(event);
    })();
    const turnId = await firstId(events);
    const call = await world.nextAttempt(turnId);
    await call.send('The lamp ');
    await call.send('turns 😀 ');
    const resumed = eventsOf(await openai.responses.retrieve(turnId, { stream: true, starting_after: 2 }));
    await call.send('twice.');
    for (const step of ending()) await call.push(step);
    await reading;
    expect(deltas(events)).toBe('The lamp turns 😀 twice.');
    expect(deltas(await resumed)).toBe('The lamp turns 😀 twice.');
    for (const [n, { sequence_number: number }] of events.entries()) {
      const rest = await eventsOf(await openai.responses.retrieve(turnId, { stream: true, starting_after: number }));
      expect(deltas([...events.slice(0, n + 1), ...rest])).toBe('The lamp turns 😀 twice.');
      expect(new Set([...events.slice(0, n + 1), ...rest].map((event) => event.sequence_number)).size).toBe(
        n + 1 + rest.length,
      );
    }
  }, 60_000);

  test('closes a lost draft and opens another item, and the final output has only the good one', async () => {
    world.provider.script({ steps: [{ text: 'Half of ' }, { waitMs: 700 }, { reset: true }] }, whole('Another.'));
    const events = await eventsOf(await streamed('Hello'));
    const added = events.flatMap((event) => (event.type === 'response.output_item.added' ? [event] : []));
    expect(added.map(({ output_index }) => output_index)).toEqual([0, 1]);
    expect(new Set(added.map(({ item }) => item.id)).size).toBe(2);
    const last = events.at(-1);
    expect(last?.type === 'response.completed' && last.response.output).toMatchObject([
      { type: 'message', content: [{ text: 'Another.' }] },
    ]);
  }, 60_000);

  test('is cancelled at any time, keeps its text, and ends its stream as incomplete', async () => {
    world.driveReplies();
    const stream = await streamed('Tell me.');
    const events: Event[] = [];
    const reading = (async () => {
      for await (const event of stream) events.push(event);
    })();
    const turnId = await firstId(events);
    const call = await world.nextAttempt(turnId);
    await call.send('The lamp ');
    await untilText(events, 'The lamp ');
    const cancelled = await openai.responses.cancel(turnId);
    expect(cancelled).toMatchObject({ status: 'cancelled', output: [{ content: [{ text: 'The lamp ' }] }] });
    await reading;
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'cancelled' } },
    });
    expect((await openai.responses.cancel(turnId)).status).toBe('cancelled');
  });

  test('that fails is answered as failed', async () => {
    world.provider.script({ status: 401, body: { error: { message: 'no', type: 'x', code: 'invalid_api_key' } } });
    const response = await openai.responses.create({ model: 'm', input: 'Hello' });
    expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
  });

  test('lists its input', async () => {
    world.provider.script(whole('One.'));
    const { id } = await openai.responses.create({ model: 'm', input: 'A' });
    const { data } = await openai.responses.inputItems.list(id);
    expect(data).toMatchObject([{ type: 'message', role: 'user', content: 'A' }]);
  });
});

describe('a conversation through the stock client', () => {
  test('is a chat: it holds the items that it was made with, is continued by responses, and can be deleted', async () => {
    world.provider.script(whole('Two.'));
    const items = [
      { type: 'message' as const, role: 'user' as const, content: 'A' },
      { type: 'message' as const, role: 'assistant' as const, content: 'One.' },
    ];
    const { id } = await openai.conversations.create({ items, metadata: { topic: 'tea' } });
    const response = await openai.responses.create({ model: 'm', input: 'B', conversation: id });
    expect([response.conversation?.id, response.output_text]).toEqual([id, 'Two.']);
    const asked = world.provider.requests.at(-1)?.body as { messages: { content: string }[] };
    expect(asked.messages.map(({ content }) => content).slice(-3)).toEqual(['A', 'One.', 'B']);

    const listed = [];
    for await (const item of openai.conversations.items.list(id, { order: 'asc', limit: 3 })) listed.push(item);
    expect(listed.map((item) => item.type === 'message' && [item.role, item.content[0]])).toMatchObject([
      ['user', { type: 'input_text', text: 'A' }],
      ['assistant', { type: 'output_text', text: 'One.' }],
      ['user', { text: 'B' }],
      ['assistant', { text: 'Two.' }],
    ]);
    expect(await openai.conversations.items.retrieve(listed[1]!.id!, { conversation_id: id })).toEqual(listed[1]);
    expect(await openai.conversations.update(id, { metadata: { topic: 'rum' } })).toMatchObject({
      id,
      metadata: { topic: 'rum' },
    });
    expect(await openai.conversations.retrieve(id)).toMatchObject({ metadata: { topic: 'rum' } });
    expect(await openai.conversations.delete(id)).toMatchObject({ id, deleted: true });
    await expect(openai.conversations.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(openai.responses.retrieve(response.id)).rejects.toMatchObject({ status: 404 });
  });

  test('gets items beside its responses', async () => {
    world.provider.script(whole('Yes.'));
    const { id } = await openai.conversations.create();
    await openai.conversations.items.create(id, {
      items: [{ type: 'message', role: 'user', content: 'My name is Ada.' }],
    });
    await openai.responses.create({ model: 'm', input: 'Do you know my name?', conversation: id });
    const asked = world.provider.requests.at(-1)?.body as { messages: { content: string }[] };
    expect(asked.messages.at(-1)?.content).toContain('Do you know my name?');
    expect(JSON.stringify(asked.messages)).toContain('My name is Ada.');
  });
});

describe('the deletion of', () => {
  const textsOf = () => {
    const { messages } = world.provider.requests.at(-1)!.body as { messages: { role: string; content: string }[] };
    return messages.flatMap(({ role, content }) => (role === 'system' ? [] : [content]));
  };

  test('a response takes its turn out of the conversation, wherever it stands', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Three.'));
    const first = await openai.responses.create({ model: 'm', input: 'A' });
    const second = await openai.responses.create({ model: 'm', input: 'B', previous_response_id: first.id });
    await openai.responses.delete(first.id);
    await expect(openai.responses.delete(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(openai.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(
      openai.responses.create({ model: 'm', input: 'C', previous_response_id: first.id }),
    ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
    await openai.responses.create({ model: 'm', input: 'C', previous_response_id: second.id });
    expect(textsOf()).toEqual(['B', 'Two.', 'C']);
  });

  test('a response in flight is refused', async () => {
    world.driveReplies();
    const { id } = await openai.responses.create({ model: 'm', input: 'A', background: true });
    await expect(openai.responses.delete(id)).rejects.toMatchObject({ status: 400 });
    await openai.responses.cancel(id);
    await openai.responses.delete(id);
  });

  test('an item takes its turn out of the conversation', async () => {
    world.provider.script(whole('One.'), whole('Two.'));
    const { id } = await openai.conversations.create();
    await openai.responses.create({ model: 'm', input: 'A', conversation: id });
    const [reply] = (await openai.conversations.items.list(id)).data;
    expect(await openai.conversations.items.delete(reply!.id!, { conversation_id: id })).toMatchObject({ id });
    await openai.responses.create({ model: 'm', input: 'B', conversation: id });
    expect(textsOf()).toEqual(['B']);
  });

  test('the chat of a response that is not stored follows its end, unless it has other turns', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Three.'));
    const gone = await openai.responses.create({ model: 'm', input: 'A', store: false });
    await until('the deletion', async () =>
      openai.responses.retrieve(gone.id).then(
        () => null,
        (error) => (error.status === 404 ? true : null),
      ),
    );
    const path = `/v1/chats/${gone.conversation?.id}`;
    expect((await world.service.client.send('GET', path)).status).toBe(404);
    const kept = await openai.responses.create({ model: 'm', input: 'B' });
    await openai.responses.create({ model: 'm', input: 'C', store: false, previous_response_id: kept.id });
    expect(await openai.responses.retrieve(kept.id)).toMatchObject({ id: kept.id });
  });
});

describe('the death of a process in the middle of a response', () => {
  test.each(['worker', 'api'] as const)(
    'of the %s loses no text',
    async (name) => {
      world.driveReplies();
      const stream = await streamed('Tell me.');
      const events: Event[] = [];
      const reading = (async () => {
        for await (const event of stream) events.push(event);
      })().catch(() => undefined);
      const turnId = await firstId(events);
      await (await world.nextAttempt(turnId)).send('The lamp turns, ');
      await untilText(events, 'The lamp turns, ');
      const again = world.nextAttempt(turnId, 60_000);
      await world.service.kill(name, 'SIGKILL');
      if (name === 'worker') {
        const call = await again;
        await call.send('The lamp turns, and turns.');
        for (const step of ending()) await call.push(step);
        await reading;
        expect(events.at(-1)).toMatchObject({ type: 'response.completed' });
        return;
      }
      again.catch(() => undefined);
      await reading;
      const call = world.attempts(turnId).at(-1)!;
      await call.send('and turns.');
      for (const step of ending()) await call.push(step);
      const after = events.at(-1)!.sequence_number;
      const rest = await eventsOf(await retrieveWhenUp(turnId, after));
      expect(deltas([...events, ...rest])).toBe('The lamp turns, and turns.');
    },
    90_000,
  );
});

async function retrieveWhenUp(id: string, after: number) {
  for (;;) {
    try {
      return await openai.responses.retrieve(id, { stream: true, starting_after: after });
    } catch (error) {
      if (!(error instanceof OpenAI.APIConnectionError)) throw error;
    }
  }
}

async function firstId(events: Event[]): Promise<string> {
  return until('the first event', async () => {
    const [first] = events;
    return first?.type === 'response.created' ? first.response.id : null;
  });
}

const untilText = (events: Event[], text: string) =>
  until('the text', async () => (deltas(events) === text ? true : null));
