import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';

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
