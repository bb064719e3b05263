import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { collectReply } from '../../support/provider/collectReply.js';
import { ending, stamped, whole } from '../../support/provider/scriptedReply.js';
import { type SpawnedProvider, spawnScriptedProvider } from '../../support/provider/spawnScriptedProvider.js';

let server: SpawnedProvider;

beforeAll(async () => {
  server = await spawnScriptedProvider();
}, 30_000);
afterAll(() => server.close());

const ask = () => collectReply(createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'sk-test' }));

describe('a scripted provider in a process of its own', () => {
  test('sends the scripted replies in order, and then always the last', async () => {
    await server.script({ queue: [whole('one'), { status: 500 }], always: stamped({ tokens: 2, perSecond: 100 }) });
    expect((await ask()).text).toBe('one');
    expect((await ask()).error).toMatchObject({ code: 'provider_error' });
    expect((await ask()).text).toMatch(/^(<\d{13}\.\d{3}>){2}$/);
    expect((await ask()).text).toMatch(/^(<\d{13}\.\d{3}>){2}$/);
    const [first, second] = await server.requests();
    expect(first).toMatchObject({ n: 0, requestId: 'turn_1/reply:0/1', leftAt: null });
    expect(second?.did).toEqual(['status 500']);
    await server.forget();
    expect(await server.requests()).toEqual([]);
  });

  test('continues an open stream on request', async () => {
    await server.script({ queue: [{ steps: [{ text: 'first, ' }] }] });
    let n: number | undefined;
    const begun = async () => {
      n = (await server.requests()).at(-1)?.n;
      await server.push(n!, { text: 'second' }, ...ending());
    };
    const provider = createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'sk-test' });
    let going: Promise<void> | undefined;
    const { text } = await collectReply(provider, { onDelta: () => (going ??= begun()) });
    await going;
    expect(text).toBe('first, second');
  });
});
