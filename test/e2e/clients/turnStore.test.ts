import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createClient, createTurnStore, type TurnStore, type TurnsSnapshot } from '../../../client/src/index.js';
import { type AgentWorld, named, startAgentWorld } from '../../support/chats/agentWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { until } from '../../support/until.js';

let world: AgentWorld;
const leaves: (() => void)[] = [];
beforeAll(async () => {
  world = await startAgentWorld();
  await until('the tools of the MCP servers', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'safe')) ? true : null,
  );
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => {
  for (const leave of leaves.splice(0)) leave();
  world.provider.unscript();
});

/** Sockets that are open. */
const sockets = new Set<WebSocket>();
class CountedSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }
}

const clientOf = () => createClient({ baseUrl: world.service().api, WebSocket: CountedSocket });

async function newChat(settings: object = {}): Promise<string> {
  return (await world.newAgent(settings)).chat.id;
}

/** A store that is followed until the end of the test. */
function open(chatId: string, store: TurnStore = createTurnStore(clientOf(), chatId)): TurnStore {
  leaves.push(store.subscribe(() => undefined));
  return store;
}

const untilShown = (store: TurnStore, what: string, holds: (shown: TurnsSnapshot) => boolean, timeoutMs = 30_000) =>
  until(what, async () => (holds(store.getSnapshot()) ? true : null), timeoutMs);
const textsOf = (store: TurnStore) => store.getSnapshot().messages.map(({ role, text }) => [role, text]);
const isReady = ({ status }: TurnsSnapshot) => status === 'ready';
/** No turn runs, also no follow-ups. */
const isIdle = (shown: TurnsSnapshot) => isReady(shown) && shown.steps.length === 0;

async function readTexts(chatId: string) {
  const texts: [string, string][] = [];
  for await (const { role, content } of clientOf().messages(chatId)) texts.push([role, content]);
  return texts;
}

describe('the store of a chat', () => {
  test('shows a message at once, its reply while it is written, and then the messages of the service', async () => {
    world.provider.script(() => ({ steps: [] }));
    const chatId = await newChat();
    const store = open(chatId);
    expect(store.getSnapshot().status).toBe('loading');
    await untilShown(store, 'the empty chat', isReady);
    const sent = store.send('Is the lamp lit?');
    expect(store.getSnapshot()).toMatchObject({
      status: 'submitted',
      messages: [{ role: 'user', text: 'Is the lamp lit?', state: 'sending' }],
    });
    const turn = await sent;
    const call = await world.provider.nextRequest(({ requestId }) => Boolean(requestId?.startsWith(turn!.id)), 20_000);
    await call.send('The lamp ');
    await untilShown(store, 'the draft', ({ drafts }) => drafts[0]?.text === 'The lamp ');
    expect(store.getSnapshot()).toMatchObject({ status: 'streaming', messages: [{ text: 'Is the lamp lit?' }] });
    await call.send('is lit.');
    for (const step of ending()) await call.push(step);
    await untilShown(store, 'the end', isIdle);
    expect(store.getSnapshot()).toMatchObject({ drafts: [], error: null });
    expect(textsOf(store)).toEqual([
      ['user', 'Is the lamp lit?'],
      ['assistant', 'The lamp is lit.'],
    ]);
    expect(textsOf(open(chatId))).toEqual([]);
    const other = open(chatId);
    await untilShown(other, 'the messages', ({ messages }) => messages.length === 2);
    expect(textsOf(other)).toEqual(textsOf(store));
  }, 60_000);

  test('sends messages with one key once', async () => {
    world.provider.script(() => whole('One.'));
    const chatId = await newChat();
    const store = open(chatId);
    const key = { idempotencyKey: `key-${chatId}` };
    const [first, second] = await Promise.all([store.send('Hello', key), store.send('Hello', key)]);
    expect(second?.id).toBe(first?.id);
    expect((await open(chatId).send('Hello', key))?.id).toBe(first?.id);
    await untilShown(store, 'the reply', ({ messages }) => messages.length === 2);
    expect((await readTexts(chatId)).length).toBe(2);
  }, 60_000);

  test('keeps a message that is refused, and sends it again under the same key', async () => {
    const chatId = await newChat();
    const store = open(chatId);
    expect(await store.send('   ')).toBeNull();
    const [failed] = store.getSnapshot().messages;
    expect(failed).toMatchObject({ text: '   ', state: 'failed' });
    expect(store.getSnapshot().error).toMatchObject({ code: 'empty_text' });
    store.discard(failed!.id);
    expect(store.getSnapshot()).toMatchObject({ messages: [], error: null });
  }, 60_000);

  test('opens one connection for listeners that come and go at once, and closes it after the last', async () => {
    const store = createTurnStore(clientOf(), await newChat());
    await until('no open sockets', async () => (sockets.size === 0 ? true : null));
    store.subscribe(() => undefined)();
    const leave = store.subscribe(() => undefined);
    await untilShown(store, 'the chat', isReady);
    expect(sockets.size).toBe(1);
    leave();
    await until('the closed socket', async () => (sockets.size === 0 ? true : null));
  }, 60_000);

  test('stops a reply, makes it again, and follows what others change', async () => {
    world.provider.script(() => ({ steps: [] }));
    const chatId = await newChat();
    const store = open(chatId);
    const turn = await store.send('Tell me.');
    const call = await world.provider.nextRequest(({ requestId }) => Boolean(requestId?.startsWith(turn!.id)), 20_000);
    await call.send('The lamp ');
    await untilShown(store, 'the draft', ({ drafts }) => drafts[0]?.text === 'The lamp ');
    await store.stop();
    await untilShown(store, 'the stopped reply', isIdle);
    expect(store.getSnapshot().messages.at(-1)).toMatchObject({ text: 'The lamp ', truncated: true });
    world.provider.script(whole('Another.'));
    await store.regenerate();
    await untilShown(store, 'the other reply', ({ messages }) => messages.at(-1)?.text === 'Another.');
    await untilShown(store, 'the end', isIdle);
    expect(textsOf(store)).toEqual(await readTexts(chatId));
    await clientOf().request('POST', `/v1/chats/${chatId}/rewind`, { body: { toSeq: 1 } });
    await untilShown(store, 'the rewound chat', ({ messages }) => messages.length === 0);
  }, 60_000);

  test('shows a tool call that waits, and continues when it is approved', async () => {
    world.provider.script(asking([tool('c1', named('echo', 'careful'), { word: 'hi' })]), whole('Done.'));
    const chatId = await newChat();
    const store = open(chatId);
    const turn = await store.send('Please.');
    await until('the turn that waits', async () =>
      (await clientOf().getTurn(turn!.id)).status === 'awaiting_operator' ? true : null,
    );
    await untilShown(store, 'the waiting call', ({ status }) => status === 'awaiting_approval');
    const late = open(chatId);
    await untilShown(late, 'the call of an earlier time', ({ status }) => status === 'awaiting_approval');
    expect(late.getSnapshot().approvals).toEqual(store.getSnapshot().approvals);
    const [call] = store.getSnapshot().approvals;
    expect(call).toMatchObject({ name: named('echo', 'careful'), arguments: { word: 'hi' } });
    await store.approve(call!.callId);
    await untilShown(store, 'the reply', ({ messages }) => messages.at(-1)?.text === 'Done.');
    await untilShown(store, 'the end', isIdle);
    expect(store.getSnapshot()).toMatchObject({ approvals: [], error: null });
  }, 60_000);

  test('says that a chat does not exist', async () => {
    const store = open('chat_none');
    await untilShown(store, 'the error', ({ error }) => error !== null);
    expect(store.getSnapshot().error).toMatchObject({ code: 'chat_not_found' });
  });

  test.each(['api', 'worker'] as const)(
    'shows the whole reply once when the %s is killed in its middle, and accepts a message sent meanwhile once',
    async (name) => {
      world.provider.script(() => ({ steps: [] }));
      const chatId = await newChat();
      const store = open(chatId);
      const turn = await store.send('Tell me.');
      const isOwn = ({ requestId }: { requestId?: string | null }) => Boolean(requestId?.startsWith(turn!.id));
      const call = await world.provider.nextRequest(isOwn, 20_000);
      await call.send('The lamp ');
      await untilShown(store, 'the draft', ({ drafts }) => drafts[0]?.text === 'The lamp ');
      const again = name === 'worker' ? world.provider.nextRequest(isOwn, 60_000) : null;
      await world.service().kill(name, 'SIGKILL');
      const meanwhile = store.send('And then?');
      const last = again ? await again : call;
      await last.send(again ? 'The lamp is lit.' : 'is lit.');
      for (const step of ending()) await last.push(step);
      const next = await meanwhile;
      const answer = await world.provider.nextRequest(
        ({ requestId }) => Boolean(requestId?.startsWith(next!.id)),
        60_000,
      );
      await answer.send('Dawn.');
      for (const step of ending()) await answer.push(step);
      await untilShown(
        store,
        'both replies',
        ({ messages, status }) => messages.length === 4 && status === 'ready',
        60_000,
      );
      expect(textsOf(store)).toEqual([
        ['user', 'Tell me.'],
        ['assistant', 'The lamp is lit.'],
        ['user', 'And then?'],
        ['assistant', 'Dawn.'],
      ]);
      expect(await readTexts(chatId)).toEqual(textsOf(store));
    },
    120_000,
  );
});
