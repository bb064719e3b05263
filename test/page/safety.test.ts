import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../client/src/index.js';
import { type AgentWorld, named, startAgentWorld } from '../support/chats/agentWorld.js';
import { block, type DocumentResource } from '../support/chats/documents.js';
import { foreignMarkup, openAllDetails } from '../support/page/pageAudit.js';
import { attackName, attacks, type PixelServer, startPixelServer } from '../support/page/pixelServer.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { asking, tool } from '../support/provider/agentReply.js';
import { whole } from '../support/provider/scriptedReply.js';
import {
  chunk,
  done,
  frame,
  type ScriptedUpstream,
  startScriptedUpstream,
  streaming,
} from '../support/provider/scriptedUpstream.js';

let world: AgentWorld;
let upstream: ScriptedUpstream;
let pixels: PixelServer;
let viewers: Viewers;
let attack: string;
let name: string;

beforeAll(async () => {
  [viewers, pixels, upstream] = await Promise.all([startViewers(), startPixelServer(), startScriptedUpstream()]);
  world = await startAgentWorld({ UPSTREAM_BASE_URL: upstream.baseUrl, STUCK_AFTER_ATTEMPTS: '1' });
  attack = attacks(pixels.origin).join('\n\n');
  name = attackName(pixels.origin);
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
  await upstream?.close();
  await pixels?.close();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
});

const client = () => world.service().client;
const open = (chatId: string) => viewers.open(world.service().api, chatId);

async function send<T = { id: string }>(method: string, path: string, body: unknown): Promise<T> {
  const answer = await client().send<T>(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}`);
  return answer.body;
}

/** Checks the page with each tab of its panel: nothing ran, nothing was fetched, and the texts are shown as text. */
async function expectInert(viewer: ViewerPage): Promise<void> {
  const tabs = viewer.page.getByRole('tab');
  for (let n = 0; n < Math.max(1, await tabs.count()); n++) {
    if ((await tabs.count()) > 0) await tabs.nth(n).click();
    await viewer.page.getByText('Loading…').first().waitFor({ state: 'hidden' });
    await openAllDetails(viewer.page);
    expect(await foreignMarkup(viewer.page)).toEqual([]);
  }
  expect(await viewer.page.locator('main').innerText()).toContain(`<svg onload="alert('svg')">`);
  // Lets pending requests start before they are counted.
  await viewer.page.waitForLoadState('networkidle');
  expect(pixels.requests).toEqual([]);
  expect(viewer.problems).toEqual([]);
}

describe('markup in texts of people and models is shown as text', () => {
  test('in names, personas, scenes, messages, replies, memories, relationships and story events', async () => {
    await send('PUT', '/v1/you', { name, persona: attack });
    const host = await send('POST', '/v1/characters', { name, persona: attack, greeting: attack });
    const guest = await send('POST', '/v1/characters', { name: `Guest ${name}`, persona: attack });
    const [hostId, guestId] = [host.id, guest.id];
    const scene = { container: attack.slice(0, 900) };
    const chat = await send('POST', '/v1/chats', { kind: 'narrative', title: name, hostId, guestId, scene });
    const viewer = await open(chat.id);
    await viewer.transcript.getByText('globalThis.pwned').first().waitFor();
    await expectInert(viewer);

    const facts = [{ sourceId: hostId, targetId: 'you', fact: attack }];
    const artifacts = { knowledgeFacts: facts, acquiredObjects: [{ ownerId: 'you', name }] };
    const happening = { title: name, description: attack, status: 'active', artifacts };
    const event = await send<{ id: string }>('POST', `/v1/chats/${chat.id}/storyEvents`, happening);
    world.provider.script(() => whole(...attack.split(/(?<= )/)));
    world.provider.classify(({ name: asked }) => {
      if (asked === 'state_update') return { json: { affinityDelta: 1, trustDelta: 1, knowledgeFacts: [attack] } };
      if (asked === 'significance') return { json: { score: 3 } };
      if (asked === 'scene_close') return { json: { shouldClose: true, reason: attack } };
      if (asked === 'scene_summary')
        return { json: { summary: attack, edges: [{ targetId: 'you', summary: attack }], knowledgeFacts: [] } };
      if (asked === 'event_lifecycle')
        return { json: { transitions: [{ eventId: event.id, newStatus: 'completed' }] } };
      return undefined;
    });
    await viewer.sendMessage(attack);
    await viewer.transcript.getByText('The scene ended.').waitFor();
    await viewer.transcript.getByText('Completed: ').waitFor();
    await expectInert(viewer);
    await viewer.turnActions().getByRole('button', { name: 'Details' }).click();
    await viewer.page.getByRole('dialog').getByRole('table').waitFor();
    await expectNoForeignMarkup(viewer);
    await viewer.page.keyboard.press('Escape');
    await viewer.button('New chat').click();
    await expectNoForeignMarkup(viewer);
  }, 120_000);

  const expectNoForeignMarkup = async (viewer: ViewerPage) => expect(await foreignMarkup(viewer.page)).toEqual([]);

  test('in tool calls, their arguments and results, approvals and plans', async () => {
    const { chat } = await world.newAgent({ title: name, systemPrompt: attack });
    const sent = { word: attack };
    world.provider.script(
      asking(
        [tool('a', named('echo'), sent), tool('b', name, sent), tool('c', 'calculate', { expression: attack })],
        [{ thinking: attack }, { text: attack }],
      ),
      asking([tool('d', named('echo', 'careful'), sent)]),
      whole(attack),
    );
    const plan = { recordType: name, root: { id: '1', searchName: name, displayName: attack }, metadata: { name } };
    await send('POST', `/v1/chats/${chat.id}/events`, { kind: 'graph_plan', data: { plan, name } });
    await send('POST', `/v1/chats/${chat.id}/events`, { kind: 'model_selected', data: { modelId: name } });
    const viewer = await open(chat.id);
    await viewer.sendMessage(attack);
    await viewer.button('Allow').waitFor();
    await expectInert(viewer);
    await viewer.button('Allow').click();
    await viewer.button('Stop').waitFor({ state: 'detached' });
    await viewer.page.locator('.beat:not(.streaming)').waitFor();
    await expectInert(viewer);
  }, 120_000);

  test('in documents, suggested changes and reasons for declining them', async () => {
    const [first = '', ...rest] = attacks(pixels.origin);
    const body = `${attack}\n\nThe end.`;
    const document = await send<DocumentResource>('POST', '/v1/documents', { title: name, body });
    const anchor = { quote: rest[0] };
    const chat = await send('POST', '/v1/chats', { kind: 'document', documentId: document.id, anchor });
    world.provider.script(whole(attack, block(first, attack, attack), attack, block('The end.', attack, attack)));
    const viewer = await open(chat.id);
    await viewer.sendMessage(attack);
    await viewer.page.locator('.beat:not(.streaming)').getByText('suggested').first().waitFor();
    await expectInert(viewer);
    const [change] = await world.list(`/v1/documents/${document.id}/changes`);
    await send('POST', `/v1/changes/${change?.id}/decline`, { comment: attack });
    await viewer.page.getByText('declined').first().waitFor();
    await expectInert(viewer);
  }, 120_000);

  test('in replies and metadata of another chat service', async () => {
    const chat = await send<Chat>('POST', '/v1/chats', { kind: 'relay', persona: attack, sessionId: 'mine' });
    const meta = frame({ type: 'meta', used_tools: [name, attack], rows_seen: 3, classifier_tag: name });
    upstream.script(streaming(chunk(attack), chunk(`[[${name}]]`), meta, done({ conversation_id: name })));
    const viewer = await open(chat.id);
    await viewer.sendMessage(attack);
    await viewer.page.locator('.beat:not(.streaming) .chips').waitFor();
    await expectInert(viewer);
  }, 90_000);

  test('in error messages of providers', async () => {
    const { chat } = await world.newChat({ guest: null, container: null });
    world.provider.script(() => ({ status: 400, body: { error: { message: attack, code: attack } } }));
    world.provider.classify(() => ({ status: 400, body: { error: { message: attack } } }));
    const viewer = await open(chat.id);
    await viewer.sendMessage(attack);
    await viewer.transcript.locator('.failure').first().waitFor();
    await expectInert(viewer);
  }, 90_000);
});

describe("the page's content security policy", () => {
  test('allows only its own script and style, and blocks injected elements, scripts and requests', async () => {
    const policy = (await fetch(`${world.service().api}/`)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    // Images that the page has read with the key are shown from its memory.
    expect(policy.replace("img-src 'self' blob:;", '')).not.toMatch(/unsafe|\*|data:|blob:|http/);

    const { chat } = await world.newChat({ guest: null });
    const viewer = await open(chat.id);
    await viewer.page.evaluate(`(async () => {
      const make = (tag, how) => Object.assign(document.createElement(tag), how);
      const over = (element) => new Promise((resolve) => {
        element.onload = element.onerror = resolve;
        document.body.append(element);
      });
      document.body.append(make('style', { textContent: '* { background: url(${pixels.origin}/style) }' }));
      await over(make('img', { src: '${pixels.origin}/img' }));
      await over(make('link', { rel: 'stylesheet', href: '${pixels.origin}/link' }));
      await fetch('${pixels.origin}/fetch').catch(() => undefined);
      const script = document.createElement('script');
      script.append('globalThis.pwned = "inline"');
      document.body.append(script);
      const sinks = [
        () => (document.body.appendChild(document.createElement('div')).innerHTML = '<img src=x onerror=pwned=1>'),
        () => (document.createElement('script').src = '${pixels.origin}/script'),
        () => document.body.setAttribute('onclick', 'pwned = 1'),
        () => setTimeout('globalThis.pwned = "timeout"'),
      ];
      globalThis.refused = sinks.filter((sink) => { try { sink(); return false; } catch { return true; } }).length;
    })()`);
    expect(await viewer.page.evaluate('[globalThis.pwned, globalThis.refused]')).toEqual([undefined, 4]);
    expect(pixels.requests).toEqual([]);
    const breaches = viewer.problems.filter((line) => line.startsWith('breach: ')).join('\n');
    for (const what of ['img-src', 'style-src', 'connect-src', 'trusted-types']) expect(breaches).toContain(what);
  }, 60_000);
});
