import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { foreignMarkup } from '../support/page/pageAudit.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../support/service/scriptedService.js';

let world: ScriptedService;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  world = await startScriptedService();
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await world?.dispose();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  world.provider.unscript();
});

/** A chat whose only message got this reply, as a viewer has it open. */
async function openReply(reply: string, message = 'Show me.', options: Parameters<Viewers['open']>[2] = {}) {
  const chat = await world.service.client.newChat();
  world.provider.script(whole(...reply.split(/(?<= )/)));
  const { id } = await world.service.client.postTurn(chat.id, message);
  await world.service.client.awaitTurnEnd(id, 60_000);
  const viewer = await viewers.open(world.service.api, chat.id, options);
  await viewer.page.locator('.beat .prose').waitFor();
  return viewer;
}

const chunksOf = (viewer: ViewerPage) => viewer.requests.filter((address) => address.includes('/chunks/'));
const prose = (viewer: ViewerPage) => viewer.page.locator('.beat .prose');
/** What an expression gives for each element: `it`. */
const each = <T>(viewer: ViewerPage, selector: string, expression: string) =>
  viewer.page.evaluate<T[]>(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((it) => ${expression})`);
/** How far an element scrolls to the side, in CSS pixels. */
const overflowOf = async (viewer: ViewerPage, selector: string) =>
  (await each<number>(viewer, selector, 'it.scrollWidth - it.clientWidth'))[0];

describe('a reply on the page', () => {
  test('shows code with its language and colours, scrolls long lines, and copies it', async () => {
    const code = `const a = "b"; // ${'long '.repeat(60)}\n<script>alert(1)</script>`;
    const permissions = { permissions: ['clipboard-read', 'clipboard-write'] };
    const viewer = await openReply(`So:\n\n\`\`\`js\n${code}\n\`\`\`\n`, 'Show me.', permissions);
    const block = viewer.page.getByRole('figure', { name: 'Code: js' });
    await block.locator('.code-keyword').getByText('const', { exact: true }).waitFor();
    expect(await block.locator('code').textContent()).toBe(code);
    expect(await overflowOf(viewer, '.beat pre')).toBeGreaterThan(100);
    await block.getByRole('button', { name: 'Copy code' }).click();
    await block.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await viewer.page.evaluate('navigator.clipboard.readText()')).toBe(code);
    expect(await foreignMarkup(viewer.page)).toEqual([]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('shows formulas, whose layout is loaded only for them', async () => {
    const plain = await openReply('It costs $5, and $10 tomorrow.');
    await prose(plain).getByText('It costs $5, and $10 tomorrow.').waitFor();
    expect(chunksOf(plain).filter((address) => address.includes('mathTree'))).toEqual([]);

    const tex = 'So $e^{i\\pi} = -1$:\n\n$$\n\\frac{a}{b}\n$$\n\nand $\\frac{a$, $\\href{javascript:alert(1)}{x}$.';
    const viewer = await openReply(tex);
    await viewer.page.locator('.formula math msup').first().waitFor();
    await viewer.page.locator('.formula.display math mfrac').waitFor();
    await prose(viewer).getByText('\\frac{a', { exact: true }).waitFor();
    expect(chunksOf(viewer).filter((address) => address.includes('mathTree'))).toHaveLength(1);
    expect(await viewer.page.locator('.formula [href], .formula [style]').count()).toBe(0);
    expect(await foreignMarkup(viewer.page)).toEqual([]);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('shows tables with whole words and their alignment, lists of tasks, headings and bare addresses', async () => {
    const word = 'Donaudampfschifffahrtsgesellschaft';
    const table = `| ${word} | ${word} | ${word} |\n|:--|--:|:-:|\n| a | 1 | b |`;
    const text = `# One\n\n## Two\n\n### Three\n\n${table}\n\n- [x] told\n- [ ] open\n\nSee https://example.org/a_(b), or www.example.com.\n\nשלום`;
    const viewer = await openReply(text, 'Show me.', { viewport: { width: 390, height: 800 } });
    const heights = await each<number>(viewer, '.beat th', 'it.getBoundingClientRect().height');
    expect(Math.max(...heights)).toBeLessThan(50);
    expect(await overflowOf(viewer, '.beat .table-scroll')).toBeGreaterThan(100);
    const alignments = await each<string>(viewer, '.beat td', 'getComputedStyle(it).textAlign');
    expect(alignments).toEqual(['start', 'right', 'center']);
    await viewer.transcript.getByRole('img', { name: 'Done', exact: true }).waitFor();
    await viewer.transcript.getByRole('img', { name: 'Not done' }).waitFor();
    const sizes = await each<number>(viewer, '.beat :is(h1, h2, h3)', 'parseFloat(getComputedStyle(it).fontSize)');
    expect([...new Set(sizes)].sort((a, b) => b - a)).toEqual(sizes);
    expect(await each<string>(viewer, '.beat .prose a', 'it.getAttribute("href")')).toEqual([
      'https://example.org/a_(b)',
      'https://www.example.com',
    ]);
    expect((await each<string>(viewer, '.beat .prose p', 'getComputedStyle(it).direction')).at(-1)).toBe('rtl');
    expect(await overflowOf(viewer, '.transcript')).toBe(0);
    expect(viewer.problems).toEqual([]);
  }, 90_000);

  test('and the message before it have their times, and the code that the user fenced is shown as code', async () => {
    const viewer = await openReply('I see.', 'Look:\n```ts\nconst a = 1;\n```\nAt *this* https://example.org');
    expect(await viewer.page.locator('.user-text').textContent()).toBe(
      'Look:tsconst a = 1;At *this* https://example.org',
    );
    await viewer.page.locator('.user-text figure .code-keyword').waitFor();
    await viewer.page.locator('.user-text a[href="https://example.org"]').waitFor();
    expect(await viewer.page.locator('.user-row time, .beat time').count()).toBe(2);
    expect(viewer.problems).toEqual([]);
  }, 90_000);
});
