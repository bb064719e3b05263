import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../client/src/index.js';
import { type AgentWorld, named, startAgentWorld } from '../support/chats/agentWorld.js';
import { block, type DocumentResource } from '../support/chats/documents.js';
import { startReply, startViewers, type Viewers } from '../support/page/viewers.js';
import { asking, tool } from '../support/provider/agentReply.js';
import { whole } from '../support/provider/scriptedReply.js';
import {
  beat,
  chunk,
  done,
  frame,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/provider/scriptedUpstream.js';
import { until } from '../support/until.js';

let world: AgentWorld;
let upstream: ScriptedUpstream;
let viewers: Viewers;

beforeAll(async () => {
  [viewers, upstream] = await Promise.all([startViewers(), startScriptedUpstream()]);
  world = await startAgentWorld({ UPSTREAM_BASE_URL: upstream.baseUrl });
  await until('the tools of the MCP servers', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'careful')) ? true : null,
  );
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
  await upstream?.close();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
  world.provider.requests.length = 0;
});

const open = (chatId: string) => viewers.open(world.service().api, chatId);

describe('the page of a document chat', () => {
  async function openThread() {
    const { client } = world.service();
    const tale = { title: 'Tale', body: 'The cat sat on the mat. The end.' };
    const { body: document } = await client.send<DocumentResource>('POST', '/v1/documents', tale);
    const wish = { kind: 'document', documentId: document.id };
    const { body: chat } = await client.send<Chat>('POST', '/v1/chats', wish);
    world.provider.script(
      whole('Gladly. ', block('cat', 'dog', 'It barks.'), ' And: ', block('The cat', 'A cat'), block('end', 'End')),
    );
    const viewer = await open(chat.id);
    await viewer.sendMessage('A dog, please.');
    const changes = viewer.transcript.getByRole('article', { name: /^Suggestion/ });
    await changes.nth(2).waitFor();
    const bodyOf = async () => (await client.send<DocumentResource>('GET', `/v1/documents/${document.id}`)).body.body;
    return { viewer, changes, bodyOf };
  }

  test('shows suggested changes as diffs, in the messages and in the document', async () => {
    const { viewer, changes } = await openThread();
    expect(await changes.first().locator('del').allTextContents()).toEqual(['cat']);
    expect(await changes.first().locator('ins').allTextContents()).toEqual(['dog']);
    await changes.first().getByText('It barks.').waitFor();
    await viewer.transcript.getByText('Gladly.').waitFor();
    expect(await viewer.transcript.innerText()).not.toContain('<change>');
    const text = viewer.page.locator('.document-text');
    expect(await text.locator('del').allTextContents()).toEqual(['cat', 'end']);
    expect(await text.locator('ins').allTextContents()).toEqual(['dog', 'End']);
    await viewer.page.getByText('Version 1 · 3 open suggestions').waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('applies an accepted change to the document, and explains why a change that it made stale can’t be accepted', async () => {
    const { viewer, changes, bodyOf } = await openThread();
    await changes
      .first()
      .getByRole('button', { name: /^Accept/ })
      .click();
    await changes.first().getByText('accepted', { exact: true }).waitFor();
    await changes.nth(1).getByText('outdated', { exact: true }).waitFor();
    await changes.nth(1).getByText('can’t be accepted any more').waitFor();
    expect(
      await changes
        .nth(1)
        .getByRole('button', { name: /^Accept/ })
        .count(),
    ).toBe(0);
    await changes.nth(1).getByText('The text that it would replace is not in the document.').waitFor();
    await viewer.page.locator('.document-text').getByText('The dog sat on the mat.').waitFor();
    await viewer.page.getByText('Version 2').waitFor();
    expect(await bodyOf()).toBe('The dog sat on the mat. The end.');
    await viewer.page.getByText('1 closed suggestion').click();
    await viewer.page.locator('.folded-changes').getByRole('button', { name: 'Show in text' }).click();
    expect(await viewer.page.locator('.document-text .highlighted').allTextContents()).toEqual(['dog']);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('shows the reason for a declined change as a note, also after a reload', async () => {
    const { viewer, changes, bodyOf } = await openThread();
    await changes
      .first()
      .getByRole('button', { name: /^Decline/ })
      .click();
    await changes.first().getByLabel('Reason').fill('I like cats.');
    await changes.first().getByRole('button', { name: 'Decline', exact: true }).click();
    await changes.first().getByText('declined', { exact: true }).waitFor();
    await viewer.transcript.getByText('I like cats.', { exact: true }).waitFor();
    expect(await bodyOf()).toBe('The cat sat on the mat. The end.');
    await viewer.reload();
    await changes.first().getByText('declined', { exact: true }).waitFor();
    await viewer.transcript.getByText('I like cats.', { exact: true }).waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});

describe('the page of an agent chat', () => {
  test('shows thinking, tool calls and results while they arrive and after a reload', async () => {
    const { chat } = await world.newAgent();
    const viewer = await open(chat.id);
    const call = await startReply(world.provider, viewer, 'What is six times seven?');
    await call.push({ thinking: 'I must count.' });
    await viewer.transcript.getByText('Thinking…').waitFor();
    await viewer.transcript.getByText('I must count.').waitFor();
    world.provider.script(whole('It is ', '42.'));
    const calls = [tool('a', 'calculate', { expression: '6 * 7' }), tool('b', named('broken'))];
    await call.push(...asking(calls, [{ text: 'Let me see. ' }]).steps);
    await viewer.transcript.getByText('It is 42.', { exact: true }).waitFor();
    await viewer.page.locator('.beat:not(.streaming)').waitFor();

    for (const reload of [false, true]) {
      if (reload) await viewer.reload();
      const [first, second] = [
        viewer.transcript.locator('details.call').first(),
        viewer.transcript.locator('details.call').nth(1),
      ];
      await first.getByText('calculate').waitFor();
      await first.getByText('expression: 6 * 7').waitFor();
      await first.getByText('done', { exact: true }).waitFor();
      await second.getByText('failed', { exact: true }).waitFor();
      await first.locator('summary').click();
      await first.getByText('42', { exact: true }).waitFor();
      await first.getByText('"expression": "6 * 7"').waitFor();
      expect(await viewer.messageTexts()).toEqual(['What is six times seven?', 'Let me see.', 'It is 42.']);
      expect(await viewer.transcript.locator('.thinking-text').allTextContents()).toEqual(['I must count.']);
    }
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test.each([
    ['it is made once after it was allowed', 'Allow', ['echo please 1'], 'done'],
    ['it is not made after it was denied, and the model gets the reason', 'Deny', [], 'denied'],
  ])(
    'shows a tool call that needs approval: %s',
    async (_, word, made, state) => {
      const sent = { word: `please ${made.length}` };
      const { chat } = await world.newAgent();
      world.provider.script(asking([tool('p', named('echo', 'careful'), sent)]), whole('I see.'));
      const viewer = await open(chat.id);
      await viewer.sendMessage('Go.');
      const approval = viewer.page.getByRole('region', { name: `Allow ${named('echo', 'careful')}?` });
      await approval.getByText(`"word": "${sent.word}"`).waitFor();
      await viewer.reload();
      await approval.waitFor();
      expect(await world.made()).not.toContain(`echo ${sent.word}`);
      await approval.getByLabel('Message to the agent').fill('Says Ada.');
      await approval.getByRole('button', { name: word }).click();
      await viewer.transcript.getByText('I see.').waitFor();
      await approval.waitFor({ state: 'detached' });
      const call = viewer.transcript.locator('details.call');
      await call.getByText(state, { exact: true }).waitFor();
      await call.getByText(word === 'Deny' ? 'by you' : 'allowed by you', { exact: true }).waitFor();
      expect((await world.made()).filter((line) => line === `echo ${sent.word}`)).toEqual(made);
      const read = JSON.stringify(world.provider.requests.at(-1)?.body.messages);
      expect(read).toContain(word === 'Deny' ? 'Says Ada.' : 'echo please');
      expect(viewer.problems).toEqual([]);
    },
    90_000,
  );
});

describe('the page of a relay chat', () => {
  test('shows how long the other service has been thinking, the tools that it used, and its chips', async () => {
    const wish = { kind: 'relay', persona: 'guide' };
    const { body: chat } = await world.service().client.send<Chat>('POST', '/v1/chats', wish);
    let continueReply = () => {};
    upstream.script(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(beat(5));
      await new Promise<void>((resolve) => {
        continueReply = resolve;
      });
      response.write(chunk('See [[One]] '));
      const meta = frame({ type: 'meta', used_tools: ['sql', 'search'], rows_seen: 3, classifier_tag: 'data' });
      response.end(chunk('and [[Two]].') + meta + done());
    });
    const viewer = await open(chat.id);
    await viewer.sendMessage('Hello?');
    await viewer.transcript.getByText('Thinking for 5 s').waitFor();
    continueReply();
    await viewer.page.locator('.beat:not(.streaming) .chips').waitFor();
    expect(await viewer.page.locator('.chips .tag').allTextContents()).toEqual(['sql', 'search']);
    expect(await viewer.page.locator('.prose .tag').allTextContents()).toEqual(['One', 'Two']);
    expect(await viewer.messageTexts()).toEqual(['Hello?', 'See One and Two.']);
    expect(await viewer.transcript.getByText('Thinking for 5 s').count()).toBe(0);
    await viewer.page.getByRole('region', { name: 'Latest reply' }).getByText('sql, search').waitFor();
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
