import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { multiplyTurn } from '../support/chats/longChat.js';
import { type NarrativeWorld, startNarrativeWorld } from '../support/chats/narrativeWorld.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startReply, startViewers, type Viewers } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';
import { until } from '../support/until.js';

const turns = 2_000;

let world: NarrativeWorld;
let viewers: Viewers;
let chatId: string;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startNarrativeWorld();
  world.provider.script(whole('Reply ', '#1'));
  const { chat } = await world.newChat({ guest: null, container: null });
  chatId = chat.id;
  await world.play(chatId, 'Message #1');
  await multiplyTurn((await world.service().run()).databaseUrl, chatId, turns);
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
  world.provider.requests.length = 0;
});

const open = () => viewers.open(world.service().api, chatId);
/** For whoever reads the log; a bound would fail on a slow machine. */
const logLongest = ({ longTasks }: ViewerPage, what: string) =>
  console.log(`${what}: the page's thread was never taken for longer than ${Math.max(50, ...longTasks)} ms`);
const exchanges = (page: ViewerPage) => page.transcript.locator('.exchange');
const seqsOf = (page: ViewerPage) =>
  exchanges(page).evaluateAll((all) => all.map((each) => Number(each.getAttribute('data-seq'))));

type Earliest = { seq: string; top: number; isBeginning: boolean };
/** By selectors: looking for the region by its role takes longer with every message, and this is asked all the time. */
const earliest = `(() => {
  const first = document.querySelector('.transcript .exchange');
  const { top } = first.getBoundingClientRect();
  return { seq: first.dataset.seq, top, isBeginning: document.querySelector('.transcript .beginning') !== null };
})()`;

describe('the page of a chat of 2,000 turns', () => {
  test('opens at its end with at most 120 turns rendered and 3 requests for its log', async () => {
    const viewer = await open();
    await viewer.waitForReply(`Reply #${turns}`);
    expect(await exchanges(viewer).count()).toBeLessThanOrEqual(120);
    const ofLog = viewer.requests.filter((url) => url.includes('/events?'));
    expect(ofLog.length).toBeLessThanOrEqual(3);
    expect(viewer.requests.length).toBeLessThanOrEqual(25);
    const fromEnd = await viewer.transcript.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    expect(fromEnd).toBeLessThanOrEqual(1);
    logLongest(viewer, 'opening');
    expect(viewer.problems).toEqual([]);
  }, 60_000);

  test('streams a reply without changing other turns or the text in the composer', async () => {
    const viewer = await open();
    await viewer.waitForReply(`Reply #${turns}`);
    const call = await startReply(world.provider, viewer, 'Go on.');
    await call.send('It ');
    await viewer.reply('It').waitFor();
    await viewer.page.evaluate(`
      globalThis.touched = [];
      new MutationObserver((records) => {
        const mine = [...document.querySelectorAll('.exchange')].at(-1);
        for (const { target } of records) if (!mine.contains(target)) touched.push(target.outerHTML ?? target.data);
      }).observe(document.querySelector('.transcript-content'), {
        subtree: true, childList: true, characterData: true, attributes: true,
      });
    `);
    const words = Array.from({ length: 200 }, (_, n) => `word${n}`);
    const streaming = (async () => {
      for (const word of words) await call.send(`${word} `);
    })();
    await viewer.composer.pressSequentially('And then what?');
    await streaming;
    await viewer.reply(`It ${words.join(' ')}`).waitFor();
    expect(await viewer.composer.inputValue()).toBe('And then what?');
    expect(await viewer.page.evaluate('globalThis.touched')).toEqual([]);
    await call.finish();
    await viewer.waitForReply(`It ${words.join(' ')}`);
    logLongest(viewer, 'streaming');
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('loads earlier messages in order up to the first one, without moving the visible text', async () => {
    const viewer = await open();
    await viewer.waitForReply(`Reply #${turns}`);
    const { page } = viewer;
    for (;;) {
      const { seq, top: before } = await page.evaluate<Earliest>(`(() => {
        document.querySelector('.transcript').scrollTop = 0;
        return ${earliest};
      })()`);
      const isAllThere = await until('earlier messages, or the beginning', async () => {
        const now = await page.evaluate<Earliest>(earliest);
        return now.seq !== seq ? false : now.isBeginning ? true : null;
      });
      if (isAllThere) break;
      // Two pictures later all that is to be put in place has been.
      await page.evaluate('new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))');
      const after = await page.evaluate<number>(
        `document.querySelector('.transcript .exchange[data-seq="${seq}"]').getBoundingClientRect().top`,
      );
      // Where "Show earlier messages" gives way, its own height is all that may be missing.
      expect(Math.abs(after - before)).toBeLessThan(60);
    }
    const texts = await viewer.transcript.locator('.user-text').allTextContents();
    expect(texts.slice(0, turns)).toEqual(Array.from({ length: turns }, (_, n) => `Message #${n + 1}`));
    const seqs = await seqsOf(viewer);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    logLongest(viewer, 'reading back');
    await viewer.button('↓ Jump to latest').click();
    await exchanges(viewer).nth(120).waitFor({ state: 'detached' });
    await viewer.transcript.getByText(`Reply #${turns}`, { exact: true }).waitFor();
    expect(viewer.problems).toEqual([]);
  }, 180_000);

  test('shows its new end after a rewind by 1,000 turns, also after a reload, and its old end after an undo', async () => {
    const viewer = await open();
    await viewer.waitForReply(`Reply #${turns}`);
    const n = turns - 20;
    const exchange = exchanges(viewer).filter({ has: viewer.page.getByText(`Message #${n}`, { exact: true }) });
    await exchange.getByRole('button', { name: 'Rewind to here' }).click();
    const dialog = viewer.dialog('Rewind to here');
    await dialog.getByText(/^2\d messages from you/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    const toSeq = (await world.service().client.events(chatId)).find(
      ({ kind, data }) => kind === 'user_turn' && data.text === 'Message #1001',
    )?.seq;
    await world.service().client.send('POST', `/v1/chats/${chatId}/rewind`, { toSeq: (toSeq ?? 0) - 1 });
    await viewer.waitForReply('Reply #1000');
    await viewer.reload();
    await viewer.waitForReply('Reply #1000');
    await viewer.button('Undo').click();
    await viewer.waitForReply(`Reply #${turns}`);
    expect(viewer.problems).toEqual([]);
  }, 180_000);
});

describe('a reader who scrolled up in a chat', () => {
  test('keeps the scroll position while a reply streams, and gets to its end with "Jump to latest"', async () => {
    const { chat } = await world.newChat({ guest: null });
    const viewer = await viewers.open(world.service().api, chat.id, { viewport: { width: 900, height: 500 } });
    const call = await startReply(world.provider, viewer, 'Tell me all.');
    await call.send(`${Array.from({ length: 60 }, (_, n) => `Line ${n}.`).join('\n\n')}\n\n`);
    await viewer.transcript.getByText('Line 59.').waitFor();
    const fromEnd = () =>
      viewer.transcript.evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight));
    const place = () => viewer.transcript.evaluate((box) => Math.round(box.scrollTop));
    expect(await fromEnd()).toBeLessThanOrEqual(1);

    await viewer.transcript.hover();
    await viewer.page.mouse.wheel(0, -600);
    await viewer.button('↓ Jump to latest').waitFor();
    const before = await place();
    await call.send('More of it.\n\nAnd more.\n\n');
    await viewer.transcript.getByText('And more.').waitFor();
    expect(await place()).toBe(before);

    await viewer.button('↓ Jump to latest').click();
    await viewer.button('↓ Jump to latest').waitFor({ state: 'detached' });
    await call.send('The end of it.\n\nThe very end.');
    await call.finish();
    await viewer.transcript.getByText('The very end.').waitFor();
    await viewer.page.locator('.beat:not(.streaming)').waitFor();
    expect(await fromEnd()).toBeLessThanOrEqual(1);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
