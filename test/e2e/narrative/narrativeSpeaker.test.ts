import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { fetchHistory, readableHistory } from '../../support/temporal/engine.js';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

describe('a narrative reply', () => {
  test('that begins with the name of its speaker loses it, in the log and for viewers', async () => {
    const { chat } = await world.newChat({ guest: null });
    const viewer = world.watch(chat.id);
    world.provider.script(whole('**Mi', 'ra:', '** Good', ' evening.\n\n', 'Mira smiles.'));
    const { turn } = await world.play(chat.id);
    await viewer.untilEnd(turn.id);
    const text = 'Good evening.\n\nMira smiles.';
    expect(turn.beats).toMatchObject([{ text, truncated: false }]);
    const tokens = viewer.frames.filter((frame) => frame.type === 'token');
    expect(tokens.map((frame) => frame.text).join('')).toBe(text);
  }, 60_000);

  test('that speaks for another participant ends there, and its request is cancelled', async () => {
    const { chat } = await world.newChat();
    world.provider.script({ steps: [{ text: 'Good evening.\n\nTom' }, { text: 'as: I was just' }] });
    const { turn, calls, events } = await world.play(chat.id, 'Mira, is anybody there?');
    expect(turn).toMatchObject({ status: 'completed', usage: { certainty: 'estimated' } });
    expect(turn.beats[0]).toMatchObject({ text: 'Good evening.', truncated: false });
    expect(events.find(({ kind }) => kind === 'assistant_turn')?.data).not.toHaveProperty('error');
    const asked = calls.filter(({ step }) => step === 'reply:0');
    expect(asked).toHaveLength(1);
    await asked[0]?.call.left();
  }, 60_000);

  test('that consists of its speaker alone, or of lines of others, is empty and asked for again', async () => {
    const { chat } = await world.newChat({ guest: null });
    world.provider.script(whole('Mira:'), whole('You: Who are you?'), whole('Good evening.'));
    const { turn, calls } = await world.play(chat.id);
    expect(turn.beats).toMatchObject([{ text: 'Good evening.', truncated: false }]);
    expect(calls.filter(({ step }) => step === 'reply:0')).toHaveLength(3);
  }, 60_000);

  test('that is cut by the length limit is kept up to its last piece, which may have been a name', async () => {
    const { chat } = await world.newChat({ guest: null });
    world.provider.script({ steps: [{ text: 'Good evening.\nMi' }, ...ending('length')] });
    const { turn } = await world.play(chat.id);
    expect(turn.beats).toMatchObject([{ text: 'Good evening.\nMi', truncated: true }]);
  }, 60_000);
});

describe('the next message of the user, which a model writes', () => {
  type Written = { text?: string; code?: string };
  const write = (path: string, body: object = {}) =>
    world.service().client.send<Written>('POST', `${path}/impersonate`, body);
  const isAsked = ({ requestId }: { requestId: string | undefined }) => requestId?.startsWith('imp_') ?? false;
  const asked = () => world.provider.nextRequest(isAsked);

  test('has the lines of the user alone, and is neither in the log nor in Temporal', async () => {
    const { chat, path } = await world.newChat({ guest: null });
    const { turn } = await world.play(chat.id, 'Good evening.');
    const { seq } = await world.service().client.getChat(chat.id);
    world.provider.script(whole('You: I hold out ', 'my hand.\n\nMira: No.'));
    const { status, body } = await write(path, { hint: 'Ask for the marmalade.' });
    expect({ status, body }).toEqual({ status: 200, body: { text: 'I hold out my hand.' } });
    const { requestId, body: request } = await asked();
    const messages = request.messages as { role: string; content: string }[];
    expect(messages.map(({ content }) => content)).toEqual([
      expect.stringContaining('in a role-play with Mira'),
      'Good evening.',
      turn.beats[0]?.text,
      expect.stringMatching(/Ask for the marmalade\.$/),
    ]);
    expect(await world.service().client.getChat(chat.id)).toMatchObject({ seq, activeTurnId: null });
    const history = readableHistory(await fetchHistory(world.service(), requestId?.split('/')[0] ?? ''));
    expect(history).toContain('impersonate');
    expect(history).not.toMatch(/marmalade|hold out|hand/);
  }, 60_000);

  test('is written with what the user attached, after the line of the user', async () => {
    const { chat, path } = await world.newChat({ guest: null });
    const upload = async (type: string, bytes: Buffer) => {
      const sent = await fetch(`${world.service().api}/v1/attachments`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: new Uint8Array(bytes),
      });
      return ((await sent.json()) as { id: string }).id;
    };
    const image = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const attachments = [await upload('image/png', image), await upload('text/plain', Buffer.from('THE LETTER'))];
    await world.play(chat.id, 'Look here.', { attachments });
    world.provider.script(whole('I wait.'));
    expect(await write(path)).toMatchObject({ status: 200, body: { text: 'I wait.' } });
    const { body: request } = await asked();
    const messages = request.messages as { role: string; content: unknown }[];
    const at = messages.findIndex(({ content }) => content === 'Look here.');
    expect(messages.slice(at, at + 2)).toMatchObject([
      { role: 'assistant' },
      {
        role: 'user',
        content: [
          { type: 'text' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${image.toString('base64')}` } },
          { type: 'text', text: expect.stringContaining('THE LETTER') },
        ],
      },
    ]);
  }, 60_000);

  test('is not written on when its client goes', async () => {
    const { path } = await world.newChat({ guest: null });
    world.provider.script({ steps: [{ text: 'I hold ' }] });
    const gone = new AbortController();
    const request = fetch(`${world.service().api}${path}/impersonate`, { method: 'POST', signal: gone.signal });
    const call = await asked();
    gone.abort();
    await expect(request).rejects.toThrow();
    await call.left();
  }, 60_000);

  test('is refused with a code where the provider fails twice, and in a chat of another kind', async () => {
    const { path } = await world.newChat({ guest: null });
    world.provider.script({ status: 500 }, { status: 500 });
    const failed = await write(path);
    expect(failed).toMatchObject({ status: 502, body: { code: 'model_failed', detail: 'The provider failed.' } });
    expect(failed.headers.get('retry-after')).toBe('10');
    const { client } = world.service();
    const { body: document } = await client.send<{ id: string }>('POST', '/v1/documents', { title: 'A', body: 'B' });
    const wish = { kind: 'document', documentId: document.id };
    const { body: chat } = await client.send<{ id: string }>('POST', '/v1/chats', wish);
    expect(await write(`/v1/chats/${chat.id}`)).toMatchObject({ status: 409, body: { code: 'not_impersonable' } });
  }, 60_000);
});
