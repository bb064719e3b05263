import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import { block, type DocumentResource } from '../../support/chats/documents.js';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld({ REPLY_ATTEMPTS: '2' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

async function newThread(body = 'The cat sat.') {
  const { client } = world.service();
  const { body: document } = await client.send<DocumentResource>('POST', '/v1/documents', { title: 'Tale', body });
  const { body: chat } = await client.send<Chat>('POST', '/v1/chats', {
    kind: 'document',
    documentId: document.id,
    anchor: { quote: 'cat', start: 4, end: 7 },
  });
  return { chat, path: `/v1/documents/${document.id}` };
}

describe('a turn about a document', () => {
  test('sends the rules, the body, the anchor and the quote, and proposes the changes of the reply', async () => {
    const { chat, path } = await newThread();
    world.provider.script(whole('Gladly. ', `${block('cat', 'dog')}\r\n`, 'Is that all?'));
    const first = await world.play(chat.id, 'A dog, please.', { quote: 'The cat' });
    expect(first.turn).toMatchObject({ status: 'completed', kind: 'document' });
    expect(first.events.map(({ kind }) => kind)).toEqual([
      'user_turn',
      'assistant_turn_started',
      'assistant_turn',
      'changes_proposed',
      'turn_completed',
    ]);
    const [system, ...rest] = first.calls[0]?.call.body.messages ?? [];
    expect(system?.content).toMatch(/<change><original>.*Tale.*The cat sat\./s);
    expect(rest).toEqual([{ role: 'user', content: '> The cat\n\nA dog, please.' }]);
    const [change] = await world.list(`${path}/changes`);
    expect(change).toMatchObject({ state: 'pending', original: 'cat', proposed: 'dog' });

    await world.service().client.send('POST', `/v1/changes/${change?.id}/decline`, { comment: 'A secret of people.' });
    const second = await world.play(chat.id, 'And now?');
    const asked = second.calls[0]?.call.body.messages ?? [];
    expect(asked.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(JSON.stringify(asked)).not.toContain('A secret of people.');
  }, 60_000);

  test('shows a failure of the provider in the message, and to viewers as its last token', async () => {
    const { chat } = await newThread();
    const viewer = world.watch(chat.id);
    world.provider.script(() => ({ steps: [{ text: 'So far. ' }, { reset: true }] }));
    const { turn, events } = await world.play(chat.id);
    expect(turn).toMatchObject({ status: 'failed', error: { code: 'stream_broken' } });
    const reply = events.flatMap((event) => (event.kind === 'assistant_turn' ? [event.data] : []))[0];
    expect(reply).toMatchObject({
      truncated: true,
      text: expect.stringMatching(/^So far\. \n\n\[Provider error: .+\]$/),
    });
    await viewer.untilEnd(turn.id);
    expect([viewer.text(turn.id), viewer.violations]).toEqual([reply?.text, []]);
    expect(viewer.frames.findLast(({ type }) => type === 'token')).toMatchObject({
      text: expect.stringContaining('[Provider error: '),
    });
    const refused = await newThread();
    world.provider.script(() => ({ status: 401 }));
    const failed = await world.play(refused.chat.id);
    expect(failed.turn.beats[0]?.text).toMatch(/^\[Provider error: /);
  }, 60_000);

  test('whose worker is killed at any moment after its last token proposes each change once', async () => {
    for (const afterMs of [0, 3, 10, 30]) {
      // Where the turn before had landed when its worker was killed, its second answer was not asked for.
      world.provider.unscript();
      const { chat, path } = await newThread('a b c');
      world.provider.script({ steps: [{ text: block('a', 'A') }, { text: block('b', 'B') }] });
      const turn = await world.service().client.postTurn(chat.id, 'Edit.');
      const call = await world.nextReply(turn.id);
      const viewer = world.watch(chat.id);
      await viewer.untilText(turn.id, block('a', 'A').length * 2);
      world.provider.script(whole(block('a', 'A'), block('b', 'B')));
      await call.push(...ending());
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      const dead = await world.service().kill('worker', 'SIGKILL');
      await world.service().waitForRestart('worker', dead);
      const played = await world.ended(turn.id);
      const proposed = played.events.flatMap((event) => (event.kind === 'changes_proposed' ? [event.data] : []));
      expect(proposed).toMatchObject([{ count: 2 }]);
      expect(await world.list(`${path}/changes`)).toMatchObject([{ original: 'a' }, { original: 'b' }]);
      expect(viewer.violations).toEqual([]);
    }
  }, 180_000);
});
