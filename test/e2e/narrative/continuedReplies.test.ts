import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { count, type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const send = (turnId: string) =>
  world.service().client.send<{ turn: Turn; code?: string }>('POST', `/v1/turns/${turnId}/continue`);
const goOn = async (turnId: string) => world.ended((await send(turnId)).body.turn.id);

/** A chat whose first reply was cut by the length limit. */
async function cutReply(guest: null | undefined = null) {
  const { chat, guestId } = await world.newChat(guest === null ? { guest } : {});
  world.provider.script({ steps: [{ text: 'She went to the' }, ...ending('length')] });
  const { turn } = await world.play(chat.id, 'Where did Tomas see her go?');
  return { chat, turn, guestId };
}

describe('a narrative reply that is continued', () => {
  test('is a version that begins with the old text and goes on, in the draft from its first character', async () => {
    const { chat, turn } = await cutReply();
    const viewer = world.watch(chat.id);
    world.provider.script(whole('harbour, ', 'and waited.'));
    const { turn: next, calls, events } = await goOn(turn.id);
    const text = 'She went to the harbour, and waited.';
    expect(next).toMatchObject({ status: 'completed', regenerates: turn.id, beats: [{ text, truncated: false }] });
    await viewer.untilEnd(next.id);
    const tokens = viewer.frames.filter((frame) => frame.type === 'token' && frame.turnId === next.id);
    expect(tokens[0]).toMatchObject({ offset: 0, text: expect.stringMatching(/^She went to the /) });
    expect([viewer.text(next.id), viewer.violations]).toEqual([text, []]);
    const asked = calls.find(({ step }) => step === 'reply:0')?.call.body.messages.slice(-2);
    expect(asked).toMatchObject([
      { role: 'assistant', content: 'She went to the' },
      { role: 'user', content: expect.stringContaining('Go on from exactly where it ends') },
    ]);
    const memory = events.find(({ kind }) => kind === 'memory_written');
    expect(memory?.data).toMatchObject({ text: expect.stringContaining(text) });
    const versions = await world.list(`/v1/turns/${turn.id}/versions`);
    expect(versions.map(({ id, active }) => [id, active])).toEqual([
      [turn.id, false],
      [next.id, true],
    ]);
  }, 60_000);

  test('is continued by its speaker, without asking who is addressed', async () => {
    const { chat, guestId } = await world.newChat();
    const said = { steps: [{ text: 'I saw her' }, ...ending('length')] };
    world.provider.script(said);
    world.provider.classify(({ name }) => (name === 'addressee' ? { json: { addresseeId: guestId } } : undefined));
    const { turn } = await world.play(chat.id, 'Tomas, where did she go?');
    world.provider.script(whole('at the harbour.'));
    const { turn: next, calls } = await goOn(turn.id);
    expect(next.beats[0]).toMatchObject({
      speakerId: turn.beats[0]?.speakerId,
      text: 'I saw her at the harbour.',
    });
    expect(calls.some(({ step }) => step === 'addressee')).toBe(false);
  }, 60_000);

  test('begins with the old text again where the first attempt at the rest breaks off', async () => {
    const { chat, turn } = await cutReply();
    const viewer = world.watch(chat.id);
    world.provider.script({ steps: [{ text: 'harb' }, { reset: true }] }, whole('harbour.'));
    const { turn: next } = await goOn(turn.id);
    expect(next.beats).toMatchObject([{ text: 'She went to the harbour.', epoch: 2 }]);
    await viewer.untilEnd(next.id);
    expect([viewer.text(next.id), viewer.violations]).toEqual(['She went to the harbour.', []]);
  }, 60_000);

  test('stays as it was where nothing more comes', async () => {
    const { chat, turn } = await cutReply();
    world.provider.script(() => ({ status: 401 }));
    const { turn: next } = await goOn(turn.id);
    expect(next).toMatchObject({ status: 'failed', beats: [{ text: '' }] });
    const events = await world.service().client.events(chat.id);
    expect(events.findLast(({ kind }) => kind === 'assistant_turn')?.turnId).toBe(turn.id);
    expect(count(events, 'turn_superseded')).toBe(0);
  }, 60_000);

  test('must be the last one and have text of one speaker', async () => {
    const { chat, turn } = await cutReply();
    await world.play(chat.id, 'Well?');
    expect(await send(turn.id)).toMatchObject({ status: 409, body: { code: 'not_last_turn' } });
    const { body: agent } = await world.service().client.send<{ id: string }>('POST', '/v1/chats', { kind: 'agent' });
    const { turn: answered } = await world.play(agent.id);
    expect(await send(answered.id)).toMatchObject({ status: 409, body: { code: 'not_continuable' } });
  }, 60_000);
});
