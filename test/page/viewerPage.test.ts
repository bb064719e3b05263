import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/browser.js';
import type { ProviderCall } from '../support/scriptedProvider.js';
import { type ScriptedService, startScriptedService } from '../support/scriptedService.js';

let world: ScriptedService;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await launchChromium();
  world = await startScriptedService();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await world?.dispose();
}, 60_000);
afterEach(async () => {
  await page.close();
  world.provider.unscript();
});

/** The page with a new chat open; what the browser complains of is kept. */
async function openChat(): Promise<{ chatId: string }> {
  const chat = await world.service.client.newChat();
  page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${world.service.api}/#${chat.id}`);
  await page.getByText('Connected').waitFor();
  return { chatId: chat.id };
}

async function say(text: string): Promise<ProviderCall> {
  world.driveReplies();
  await page.locator('#text').fill(text);
  await page.locator('#send').click();
  return world.provider.nextRequest();
}

const shows = (text: string) => page.locator('.message.assistant').getByText(text, { exact: true }).waitFor();
const messages = () => page.locator('.message').allTextContents();

describe('the page', () => {
  test('shows a reply as it streams, keeps it over a reload in mid-stream, and ends with the whole of it', async () => {
    await openChat();
    const call = await say('Is anybody there?');
    await call.send('The lamp turns, ');
    await shows('The lamp turns,');
    await call.send('the door ');
    await shows('The lamp turns, the door');

    await page.reload();
    await shows('The lamp turns, the door');
    await call.send('is open.');
    await shows('The lamp turns, the door is open.');
    await call.finish();
    await page.locator('.message.assistant:not(.streaming)').waitFor();
    expect(await messages()).toEqual(['Is anybody there?', 'The lamp turns, the door is open.']);

    await page.reload();
    await shows('The lamp turns, the door is open.');
    expect(await messages()).toEqual(['Is anybody there?', 'The lamp turns, the door is open.']);
    expect(complaints).toEqual([]);
  }, 90_000);

  test('comes back by itself when the api dies in mid-stream, and misses nothing', async () => {
    await openChat();
    const call = await say('Is anybody there?');
    await call.send('The lamp turns, ');
    await shows('The lamp turns,');
    const before = await world.service.kill('api', 'SIGKILL');
    await call.send('the door ');
    await world.service.waitForRestart('api', before);
    await call.send('is open.');
    await call.finish();
    await shows('The lamp turns, the door is open.');
    expect(await messages()).toEqual(['Is anybody there?', 'The lamp turns, the door is open.']);
  }, 90_000);

  test('stops a reply at its button, and says so', async () => {
    await openChat();
    const call = await say('Is anybody there?');
    await call.send('The lamp turns, ');
    await shows('The lamp turns,');
    await page.locator('#stop').click();
    await page.getByText('Stopped.').waitFor();
    expect(await messages()).toEqual(['Is anybody there?', 'The lamp turns, ']);
    await call.left();
  }, 60_000);

  test('shows markup as the text that it is', async () => {
    await openChat();
    const markup = `<img src=x onerror="alert('markup')"><b>bold</b>`;
    const call = await say(markup);
    await call.send(markup);
    await call.finish();
    await shows(markup);
    expect(await messages()).toEqual([markup, markup]);
    expect(await page.locator('#transcript img, #transcript b').count()).toBe(0);
    expect(complaints).toEqual([]);
  }, 60_000);
});
