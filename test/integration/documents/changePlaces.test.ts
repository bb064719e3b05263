import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { proposeChanges } from '../../../db/documents/proposeChanges.js';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { block, callProposeEdit, newThread } from '../../support/chats/documents.js';
import { sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
const changesOf = async (path: string) => (await send('GET', `${path}/changes`)).body.items;
const statesOf = async (path: string) =>
  (await changesOf(path)).map(({ state, staleSince }) => (staleSince ? `${state}, stale` : state));
const bodyOf = async (path: string) => (await send('GET', path)).body.body;
const accept = (id: unknown) => send('POST', `/v1/changes/${id}/accept`);
const put = async (path: string, body: string) => {
  const { version } = (await send('GET', path)).body;
  return send('PUT', path, { body }, { 'if-match': String(version) });
};
const anchorOf = async (chatId: string) => (await send('GET', `/v1/chats/${chatId}`)).body.anchor;
const stale = { status: 409, body: { code: 'change_stale' } };

async function expectRebuilt(chatId: string) {
  const live = await readProjections(api.database.pool, chatId);
  await rebuildProjections(api.database.pool, chatId);
  expect(await readProjections(api.database.pool, chatId)).toEqual(live);
}

/** Proposes one change of a document with this body, by a reply and by the tool, accepts it, and returns the bodies. */
async function acceptedBodies(body: string, original: string, proposed: string) {
  const bodies: unknown[] = [];
  for (const way of ['reply', 'tool']) {
    const { path, documentId, reply } = await newThread(api, body);
    if (way === 'reply') await reply(block(original, proposed));
    else {
      const result = await callProposeEdit(api, documentId, { original, proposed, reason: '' });
      expect(result).toMatchObject({ success: true });
    }
    const [change] = await changesOf(path);
    expect(await accept(change?.id)).toMatchObject({ status: 200 });
    bodies.push(await bodyOf(path));
  }
  return bodies;
}

describe('a change of a thread that was exported and imported', () => {
  const importCopyOf = async (chatId: string) => {
    const body = await (await fetch(`${api.url}/v1/chats/${chatId}/export`)).text();
    const imported = await fetch(`${api.url}/v1/chats/import`, { method: 'POST', body });
    expect(imported.status).toBe(201);
    return `/v1/documents/${((await imported.json()) as { documentId: string }).documentId}`;
  };

  it('is shown where it was accepted, and no other one is applied within its text', async () => {
    const { path, chat, reply } = await newThread(api, 'b x b');
    await reply(`${block('x', 'b')} ${block('b', 'B')}`);
    const [first] = await changesOf(path);
    expect((await accept(first?.id)).status).toBe(200);
    const copy = await importCopyOf(chat.id);
    for (const each of [path, copy]) {
      const [accepted, pending] = await changesOf(each);
      expect(accepted).toMatchObject({ state: 'accepted', place: { start: 2, end: 3 } });
      // Without the first of the three, the second one is what was accepted.
      expect((await put(each, ' b b')).status).toBe(200);
      expect((await accept(pending?.id)).status).toBe(200);
      expect(await bodyOf(each)).toBe(' b B');
    }
  });
});

describe('a change whose original is not word for word in the body', () => {
  const nbsp = '\u00a0';
  it.each([
    [
      'in other line ends is written with those of its place',
      'First line.\r\nSecond line.\r\n',
      'First line.\nSecond line.',
      'One.\nTwo.',
      'One.\r\nTwo.\r\n',
    ],
    [
      'in other quotes and blanks replaces only its place',
      `She said “what now” — softly.${nbsp}Then she left.`,
      'She said "what now" — softly. Then',
      'She left. Then',
      'She left. Then she left.',
    ],
    ['in another form of Unicode', 'A cafe\u0301 by the sea.', 'A café by', 'A bar by', 'A bar by the sea.'],
    [
      'with blanks at the end of a line',
      'One line.  \nAnother line.\n',
      'One line.\nAnother line.',
      'A line.\nThe end.',
      'A line.\nThe end.\n',
    ],
    ['on one line gets lines as the others', 'One.\r\nTwo.', 'One.', 'A.\nB.', 'A.\r\nB.\r\nTwo.'],
  ])('%s', async (_, body, original, proposed, result) => {
    expect(await acceptedBodies(body, original, proposed)).toEqual([result, result]);
  });

  it('is stale where two places are like it', async () => {
    const body = 'She said “no”. He said “no”.';
    const { path, documentId, reply } = await newThread(api, body);
    await reply(block('said "no"', 'said "yes"'));
    const [change] = await changesOf(path);
    expect(await accept(change?.id)).toMatchObject(stale);
    expect(await bodyOf(path)).toBe(body);
    const edit = { original: 'said "no"', proposed: 'said "yes"', reason: '' };
    expect(await callProposeEdit(api, documentId, edit)).toEqual({
      success: false,
      content: expect.stringMatching(/^original_ambiguous: /),
    });
    await put(path, `${body} Oh.`);
    expect(await statesOf(path)).toEqual(['pending, stale']);
  });

  it('does not become stale by an edit after which its place is still like it', async () => {
    const { path, reply } = await newThread(api, 'a "b"\nc');
    await reply(block('a "b"\nc', 'd'));
    await put(path, 'a “b”\r\nc');
    expect(await statesOf(path)).toEqual(['pending']);
  });
});

describe('a change in an anchored thread', () => {
  const due = 'Payment is due in 30 days.';
  const body = `§2 ${due}\n\n§9 ${due}`;
  const start = body.lastIndexOf(due);
  const anchor = { quote: due, start, end: start + due.length };

  it('is applied in the part that the thread is about, and without an anchor at the first place', async () => {
    const anchored = await newThread(api, body, undefined, anchor);
    await anchored.reply(block(due, 'Payment is due in 60 days.'));
    const [change] = await changesOf(anchored.path);
    expect(await accept(change?.id)).toMatchObject({ status: 200 });
    expect(await bodyOf(anchored.path)).toBe(`§2 ${due}\n\n§9 Payment is due in 60 days.`);

    const { path, reply } = await newThread(api, body);
    await reply(block(due, 'Payment is due in 60 days.'));
    const [first] = await changesOf(path);
    await accept(first?.id);
    expect(await bodyOf(path)).toBe(`§2 Payment is due in 60 days.\n\n§9 ${due}`);
  });

  it('is applied there also after others were accepted in that part, and after edits around it', async () => {
    const { path, reply, chat } = await newThread(api, body, undefined, anchor);
    await reply(`${block('30 days', '60 days')} ${block('Payment', 'The payment')} ${block('is due', 'must come')}`);
    const [days, payment, due_] = await changesOf(path);
    await accept(days?.id);
    await put(path, `Preface.\n§2 ${due}\n\n§9 Payment is due in 60 days. Amen.`);
    await accept(payment?.id);
    await accept(due_?.id);
    expect(await bodyOf(path)).toBe(`Preface.\n§2 ${due}\n\n§9 The payment must come in 60 days. Amen.`);
    expect(await anchorOf(chat.id)).toMatchObject({ quote: 'The payment must come in 60 days.' });
    await expectRebuilt(chat.id);
  });

  it('is stale where another thread has replaced that part', async () => {
    const anchored = await newThread(api, body, undefined, anchor);
    const whole = await newThread(api, '', anchored.documentId);
    await anchored.reply(block(due, 'Never.'));
    await whole.reply(block(`§9 ${due}`, '§9 None.'));
    const [never, none] = await changesOf(anchored.path);
    await accept(none?.id);
    expect(await accept(never?.id)).toMatchObject(stale);
    expect(await bodyOf(anchored.path)).toBe(`§2 ${due}\n\n§9 None.`);
    expect(await statesOf(anchored.path)).toEqual(['pending, stale', 'accepted']);
  });
});

describe('a change whose place was used by another one', () => {
  it('is stale, also where its original is in what was written there', async () => {
    const { path, reply, chat } = await newThread(api, 'The cat sat.');
    await reply(`${block('cat', 'cat and dog')} ${block('cat', 'cow')}`);
    const [first, second] = await changesOf(path);
    expect(await accept(first?.id)).toMatchObject({ status: 200 });
    expect(await statesOf(path)).toEqual(['accepted', 'pending, stale']);
    expect(await accept(second?.id)).toMatchObject(stale);
    expect(await bodyOf(path)).toBe('The cat and dog sat.');
    await expectRebuilt(chat.id);
  });

  it('is stale, also where its original is elsewhere too', async () => {
    const { path, reply } = await newThread(api, 'The cat saw a cat.');
    await reply(`${block('cat', 'dog')} ${block('cat', 'cow')} ${block('a cat', 'a bird')}`);
    const [first, second, third] = await changesOf(path);
    await accept(first?.id);
    expect(await accept(second?.id)).toMatchObject(stale);
    expect(await accept(third?.id)).toMatchObject({ status: 200 });
    expect(await bodyOf(path)).toBe('The dog saw a bird.');
    expect(await statesOf(path)).toEqual(['accepted', 'pending, stale', 'accepted']);
  });

  it('is stale where it was like several texts, one of them there', async () => {
    const { path, reply } = await newThread(api, '“a” b, “a” c');
    await reply(`${block('“a” b', 'x')} ${block('"a"', 'y')}`);
    const [first, second] = await changesOf(path);
    await accept(first?.id);
    expect(await accept(second?.id)).toMatchObject(stale);
    expect(await bodyOf(path)).toBe('x, “a” c');
  });

  it('is applied at its own place where the other one wrote its original before that', async () => {
    const { path, reply } = await newThread(api, 'cat, dog');
    await reply(`${block('cat', 'a dog-like cat')} ${block('dog', 'cow')}`);
    const [first, second] = await changesOf(path);
    await accept(first?.id);
    await put(path, 'A cat: a dog-like cat, dog');
    expect(await statesOf(path)).toEqual(['accepted', 'pending']);
    expect(await accept(second?.id)).toMatchObject({ status: 200 });
    expect(await bodyOf(path)).toBe('A cat: a dog-like cat, cow');
  });

  it('can be proposed again for what was written there', async () => {
    const { path, reply } = await newThread(api, 'cat');
    await reply(block('cat', 'big cat'));
    const [first] = await changesOf(path);
    await accept(first?.id);
    await reply(block('cat', 'dog'));
    const [, second] = await changesOf(path);
    expect(await accept(second?.id)).toMatchObject({ status: 200 });
    expect(await bodyOf(path)).toBe('big dog');
  });

  it('is stale if its reply began before the other one was accepted and ended after', async () => {
    const { path, reply } = await newThread(api, 'cat');
    await reply(block('cat', 'cat and dog'));
    const [first] = await changesOf(path);
    await reply(block('cat', 'cow'), { beforeLanding: () => accept(first?.id) });
    const [, second] = await changesOf(path);
    expect(await accept(second?.id)).toMatchObject(stale);
    expect(await bodyOf(path)).toBe('cat and dog');
  });

  it('shows where the text of the accepted one is, also after edits', async () => {
    const { path, reply } = await newThread(api, 'The cat sat.');
    await reply(block('cat', 'dog'));
    const [change] = await changesOf(path);
    expect(change).not.toHaveProperty('place');
    expect(await accept(change?.id)).toMatchObject({ body: { place: { start: 4, end: 7 } } });
    await put(path, 'Once: The dog sat.');
    expect(await changesOf(path)).toMatchObject([{ place: { start: 10, end: 13 } }]);
    await put(path, 'Nothing.');
    expect(await changesOf(path)).toMatchObject([{ place: null }]);
  });
});

describe('an empty document', () => {
  it('is begun by a change with an empty original, and by no second one', async () => {
    const { path, reply, chat } = await newThread(api, '');
    const turnId = await reply(`${block('', 'Once upon a time.')} ${block('', 'Or so.')}`);
    await proposeChanges(api.database.pool, turnId);
    const [first, second] = await changesOf(path);
    expect(first).toMatchObject({ original: '', proposed: 'Once upon a time.' });
    expect(await accept(first?.id)).toMatchObject({ status: 200 });
    expect(await bodyOf(path)).toBe('Once upon a time.');
    expect(await statesOf(path)).toEqual(['accepted', 'pending, stale']);
    expect(await accept(second?.id)).toMatchObject(stale);
    await expectRebuilt(chat.id);
  });

  it('is begun by propose_edit with an empty original', async () => {
    expect(await acceptedBodies('', '', 'Once upon a time.')).toEqual(['Once upon a time.', 'Once upon a time.']);
  });

  it('has text once begun: then an empty original is plain text, and refused by propose_edit', async () => {
    const { path, documentId, reply, chat } = await newThread(api, 'Text.');
    await reply(block('', 'Once upon a time.'));
    expect(await changesOf(path)).toEqual([]);
    const events = await api.client.events(chat.id);
    expect(events.findLast(({ kind }) => kind === 'changes_proposed')?.data).toMatchObject({ count: 0 });
    const edit = { original: '', proposed: 'Once upon a time.', reason: '' };
    expect(await callProposeEdit(api, documentId, edit)).toEqual({
      success: false,
      content: expect.stringMatching(/^original_empty: The document has text/),
    });
    expect(await changesOf(path)).toEqual([]);
  });
});

describe('a fence of change blocks', () => {
  it('proposes them, and the log says how it was read', async () => {
    const { path, reply, chat } = await newThread(api, 'cat dog');
    await reply(`Here:\n\`\`\`xml\n${block('cat', 'cow')}\n${block('dog', 'hen')}\n\`\`\`\nDone.`);
    await reply(`An example:\n\`\`\`\nlike ${block('cat', 'cow')}\n\`\`\``);
    await reply(block('cat', 'ox'));
    expect(await changesOf(path)).toMatchObject([{ original: 'cat' }, { original: 'dog' }, { proposed: 'ox' }]);
    const events = await api.client.events(chat.id);
    const proposed = events.flatMap((event) => (event.kind === 'changes_proposed' ? [event.data] : []));
    expect(proposed.map(({ count, parser }) => [count, parser])).toEqual([
      [2, 2],
      [0, undefined],
      [1, undefined],
    ]);
    await expectRebuilt(chat.id);
  });

  it('of an old log stays an example, so that a rebuild gives the same changes', async () => {
    const { path, reply, chat } = await newThread(api, 'cat dog');
    await reply(`\`\`\`\n${block('cat', 'cow')}\n\`\`\`\n${block('dog', 'hen')}`);
    const [, second] = await changesOf(path);
    await api.database.pool.query(
      `update events set data = data - 'parser' || jsonb_build_object('count', 1, 'changeIds', jsonb_build_array($2::text))
       where chat_id = $1 and kind = 'changes_proposed'`,
      [chat.id, second?.id],
    );
    await rebuildProjections(api.database.pool, chat.id);
    expect(await changesOf(path)).toMatchObject([{ id: second?.id, original: 'dog' }]);
  });
});

describe('propose_edit', () => {
  it('says how many places there are, and means the first', async () => {
    const { path, documentId } = await newThread(api, 'cat cat');
    const edit = { original: 'cat', proposed: 'dog', reason: '' };
    expect(await callProposeEdit(api, documentId, edit)).toEqual({
      success: true,
      content: expect.stringContaining('2 places'),
    });
    const [change] = await changesOf(path);
    await accept(change?.id);
    expect(await bodyOf(path)).toBe('dog cat');
    const once = await callProposeEdit(api, documentId, edit);
    expect(once).toEqual({ success: true, content: 'Proposed. People will accept or decline it.' });
  });
});
