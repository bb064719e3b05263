import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectAgreement } from '../../support/chats/agreement.js';
import { type NarrativeWorld, type Played, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const client = () => world.service().client;
const askedOf = ({ calls }: Played) => JSON.stringify(calls.map(({ call }) => call.body));

describe('out-of-character text', () => {
  test('stays in the transcript and is sent to no provider', async () => {
    const { chat, path } = await world.newChat();
    const text = 'I knock. ((Make it rain.)) "Hello?" ((A secret (nested) remark.))';
    const played = await world.play(chat.id, text);
    const next = await world.play(chat.id, 'I wait.');
    expect(await world.list(`${path}/messages`)).toMatchObject([{ content: text }, {}, {}, {}]);
    for (const asked of [askedOf(played), askedOf(next)]) {
      expect(asked).toContain('I knock.');
      expect(asked).not.toMatch(/Make it rain|secret|nested/);
    }
    expect(JSON.stringify(await world.list(`${path}/memories`))).not.toMatch(/Make it rain|secret|nested/);
  }, 60_000);

  test('alone gets a reply that is prompted without words of the user', async () => {
    const { chat } = await world.newChat({ guest: null });
    const played = await world.play(chat.id, '((Just go on.))');
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'A scripted reply.' }] });
    expect(askedOf(played)).not.toContain('Just go on');
  }, 60_000);
});

describe('any names of characters and any length of text', () => {
  const long = 'The sea is wide. '.repeat(6_500);
  const cases: [string, Parameters<NarrativeWorld['newChat']>[0], string][] = [
    ['names with the characters of patterns', { host: { name: 'M.*(ra' }, guest: { name: '[To]m+as?$' } }, 'M.*(ra?'],
    ['a name that is markup', { host: { name: '<b>{{Mira}}' }, guest: { name: '$& \\1' } }, '$& \\1, hello'],
    ['an empty persona', { host: { persona: '' }, guest: { persona: '' } }, 'Hello?'],
    ['a persona of 100 KB', { host: { persona: long }, guest: { persona: long } }, 'Hello?'],
    ['prose of 100 KB', {}, long],
    ['prose of 100 KB without a break', {}, 'x'.repeat(100_000)],
    ['10,000 unclosed ((', {}, 'I knock. ((('.repeat(1) + '(('.repeat(10_000)],
    ['10,000 pairs of (( ))', {}, `I knock. ${'((a))'.repeat(10_000)}`],
    ['a place of 1,000 characters', { container: 'deep '.repeat(200) }, 'Hello?'],
  ];

  test.each(cases)(
    'end a turn completely: %s',
    async (_what, wish, text) => {
      const { chat } = await world.newChat(wish);
      const { turn } = await world.play(chat.id, text);
      expect(turn).toMatchObject({ status: 'completed', warnings: [], beats: [{ text: 'A scripted reply.' }] });
      expect(turn.steps.every((step) => step.status === 'done')).toBe(true);
    },
    60_000,
  );
});

describe('a guest who is deleted', () => {
  test('while the host speaks is removed, and the turn ends', async () => {
    const { chat, path, guestId, hostId } = await world.newChat();
    const viewer = world.watch(chat.id);
    world.provider.script(() => ({ steps: [] }));
    world.provider.classify(({ name }) => {
      if (name === 'addressee') return { json: { addresseeId: hostId } };
      return name === 'interjection' ? { json: { shouldInterject: true, reason: '' } } : undefined;
    });
    const turn = await client().postTurn(chat.id, 'Mira, is Tomas gone?');
    const call = await world.nextReply(turn.id);
    await call.send('He is. ');
    await viewer.untilText(turn.id, 7);
    expect((await client().send('DELETE', `/v1/characters/${guestId}`)).status).toBe(204);
    world.provider.unscript();
    await call.finish();
    const { turn: ended, text } = await expectAgreement(world.service(), viewer, turn.id);
    expect(text).toBe('He is. ');
    expect(ended.status).toBe('completed');
    expect(await world.list(`${path}/messages`)).toHaveLength(2);
    expect((await client().send<{ guestId: null }>('GET', path)).body.guestId).toBeNull();
    const next = await world.play(chat.id, 'We two, then.');
    expect(next.turn).toMatchObject({ status: 'completed', warnings: [] });
    expect(next.calls.map(({ step }) => step)).not.toContain('addressee');
  }, 60_000);

  test('while its own reply streams still finishes that reply', async () => {
    const { chat, guestId } = await world.newChat();
    const viewer = world.watch(chat.id);
    world.provider.script(() => ({ steps: [] }));
    world.provider.classify(({ name }) => (name === 'addressee' ? { json: { addresseeId: guestId } } : undefined));
    const turn = await client().postTurn(chat.id, 'Tomas?');
    const call = await world.nextReply(turn.id);
    await call.send('I am ');
    await viewer.untilText(turn.id, 5);
    expect((await client().send('DELETE', `/v1/characters/${guestId}`)).status).toBe(204);
    world.provider.unscript();
    await call.send('off.');
    await call.finish();
    const { turn: ended, text } = await expectAgreement(world.service(), viewer, turn.id);
    expect([ended.status, text]).toEqual(['completed', 'I am off.']);
    expect(ended.beats).toMatchObject([{ speakerId: guestId }]);
  }, 60_000);
});
