import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import { type NarrativeWorld, type Played, startNarrativeWorld, stepOf } from '../../support/chats/narrativeWorld.js';
import type { Reply } from '../../support/provider/scriptedReply.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { breachOfRoles } from '../../support/provider/strict/strictRoles.js';

let world: NarrativeWorld;
/** Answers of classifiers, by name. */
let answers: Record<string, object>;
/** Replies in the place of ordinary ones, in turn. */
let first: Reply[];
let count = 0;

/** A server with a strict template, also for classifiers. */
beforeAll(async () => {
  world = await startNarrativeWorld();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
beforeEach(() => {
  answers = {};
  first = [];
  const refusal = (messages: object[]): Reply | null =>
    breachOfRoles(messages) === null ? null : { status: 400, body: { error: { message: 'roles must alternate' } } };
  world.provider.script(({ body }) => refusal(body.messages) ?? first.shift() ?? whole(`Reply ${++count}.`));
  world.provider.classify(({ name, body }) => {
    const answer = answers[name];
    return refusal(body.messages) ?? (answer ? { json: answer } : undefined);
  });
});

const completed = ({ turn }: Played) => expect(turn).toMatchObject({ status: 'completed', warnings: [] });
const textOf = ({ beats }: Played['turn'], beat = 0) => beats[beat]?.text ?? '';

/** The text of the accepted request for a reply. */
const promptOf = ({ calls }: Played, step = 'reply:0') =>
  calls
    .filter((call) => call.step === step && call.call.did.includes('end'))
    .flatMap(({ call }) => call.body.messages.map(({ content }) => content))
    .join('\n');

/** A turn that is stopped before its first token. */
async function playStopped(chatId: string, text: string): Promise<void> {
  first.push({ silent: true });
  const { client } = world.service();
  const { id } = await client.postTurn(chatId, text);
  await world.provider.nextRequest(
    (call) => call.requestId?.startsWith(`${id}/reply:0/`) === true && breachOfRoles(call.body.messages) === null,
    20_000,
  );
  await client.cancelTurn(id);
  expect((await world.ended(id)).turn.status).toBe('cancelled');
}

describe('with a server that requires alternating roles', () => {
  test('a host and a guest answer in turns, and each prompt has all lines', async () => {
    const { chat, hostId, guestId } = await world.newChat();
    const lines: string[] = [];
    for (const addresseeId of [hostId, guestId, hostId]) {
      answers = { addressee: { addresseeId } };
      const line = `Line ${lines.length}.`;
      const played = await world.play(chat.id, line);
      completed(played);
      for (const text of [...lines, line]) expect(promptOf(played)).toContain(text);
      lines.push(line, textOf(played.turn));
    }
  }, 120_000);

  test('a chat that begins with a greeting goes on with it in every prompt, also in a fork', async () => {
    const { chat, hostId } = await world.newChat({ guest: null, host: { greeting: 'Tea or rum?' } });
    const played = await world.play(chat.id, 'The second, please.');
    completed(played);
    const { client } = world.service();
    const { body: fork } = await client.send<Chat>('POST', `/v1/chats/${chat.id}/fork`, { atSeq: chat.seq });
    const inFork = await world.play(fork.id, 'The first, please.');
    completed(inFork);
    for (const { calls } of [played, inFork]) {
      const accepted = calls.find(({ step, call }) => step === 'reply:0' && call.did.includes('end'));
      expect(accepted?.call.body.messages).toContainEqual({ role: 'assistant', content: 'Tea or rum?' });
    }
    const [greeting, ...others] = (await client.events(chat.id)).filter(({ kind }) => kind === 'assistant_turn');
    expect(greeting).toMatchObject({ turnId: null, data: { text: 'Tea or rum?', speakerId: hostId } });
    expect(others).toHaveLength(1);
    expect((await client.messages(fork.id)).items[0]).toMatchObject({ role: 'assistant', content: 'Tea or rum?' });
  }, 60_000);

  test('turns that are all out of character are answered, and the lines around them are kept', async () => {
    const { chat } = await world.newChat({ guest: null });
    const replies: string[] = [];
    for (const line of ['((please be shorter))', 'Hello.', '((go on))', 'Hello again.']) {
      const played = await world.play(chat.id, line);
      completed(played);
      for (const text of replies) expect(promptOf(played)).toContain(text);
      replies.push(textOf(played.turn));
    }
  }, 120_000);

  test('a character who interjects answers the first beat', async () => {
    const { chat, hostId } = await world.newChat();
    answers = { addressee: { addresseeId: hostId }, interjection: { shouldInterject: true, reason: '' } };
    const played = await world.play(chat.id, 'Who is there?');
    completed(played);
    expect(played.turn.beats).toHaveLength(2);
    expect(played.calls.map(({ call }) => stepOf(call.requestId))).toContain('reply:1');
  }, 60_000);

  test('a chat goes on after a turn whose reply was refused', async () => {
    const { chat } = await world.newChat({ guest: null });
    first.push({ status: 400, body: { error: { message: 'no' } } });
    expect((await world.play(chat.id, 'One.')).turn.status).toBe('failed');
    for (const line of ['Two.', 'Three.', 'Four.']) {
      const played = await world.play(chat.id, line);
      completed(played);
      expect(promptOf(played)).toContain('One.');
    }
  }, 120_000);

  test.each(['narrative', 'agent', 'document'])(
    'a turn of a %s chat follows one without a reply',
    async (kind) => {
      const { client } = world.service();
      const { body: document } = await client.send<{ id: string }>('POST', '/v1/documents', {
        title: 'T',
        body: 'A cat.',
      });
      const { body: chat } =
        kind === 'narrative'
          ? { body: (await world.newChat({ guest: null })).chat }
          : await client.send<Chat>('POST', '/v1/chats', {
              kind,
              ...(kind === 'document' ? { documentId: document.id } : {}),
            });
      await playStopped(chat.id, 'Never answered.');
      const played = await world.play(chat.id, 'And now?');
      completed(played);
      expect(promptOf(played)).toContain('Never answered.');
      expect(promptOf(played)).toContain('And now?');
    },
    120_000,
  );
});
