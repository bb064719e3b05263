import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/page/browser.js';
import { type Service, startService } from '../support/service/service.js';
import { filmPage } from './film.js';
import { untilReplied, watchPage } from './watchPage.js';

/**
 * `node --import tsx test/pictures/page.ts`: the pictures of the page in docs/pictures, taken again from a service
 * of their own with the demo provider. Needs Chromium, and ffmpeg for the moving one.
 */
const folder = 'docs/pictures';
const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 780 };

async function main(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const service = await startService();
  const browser = await launchChromium();
  try {
    await shootFilm(browser, service);
    await stills(browser, service);
  } finally {
    await browser.close();
    await service.dispose();
  }
}

/** A reply that streams while the api is killed under it. */
async function shootFilm(browser: Browser, service: Service): Promise<void> {
  const page = await watchPage(browser, service.api, { viewport: { width: 1120, height: 660 }, scheme: 'light' });
  const film = filmPage(page);
  try {
    await page
      .locator('#composer-text')
      .pressSequentially('Good evening, Mira. Will the lamp hold tonight?', { delay: 25 });
    await page.keyboard.press('Enter');
    await page.locator('.streaming .prose').first().waitFor();
    await untilWords(page, 18);
    const killed = await service.kill('api', 'SIGKILL');
    await service.waitForRestart('api', killed);
    await page.locator('.connection.open').waitFor();
    await untilReplied(page);
  } finally {
    await film.stop(join(folder, 'page.gif'));
    await page.context().close();
  }
}

/** Until the reply in flight has so many words. */
const untilWords = (page: Page, count: number) =>
  page
    .locator('.streaming .prose', { hasText: new RegExp(`(?:\\S+\\s+){${count}}`) })
    .first()
    .waitFor();

/** The page as it is after some turns: each kind of chat, light and dark, wide and narrow. */
async function stills(browser: Browser, service: Service): Promise<void> {
  const page = await watchPage(browser, service.api, { viewport: wide, scheme: 'light' });
  await page.getByRole('link', { name: 'The lamp room' }).click();
  await ask(page, 'Tobias, what do your clocks say about the storm?');
  await shoot(page, 'page-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'page-dark');
  await page.getByRole('link', { name: 'A letter, edited' }).click();
  await ask(page, 'Could the opening be warmer?');
  await page.emulateMedia({ colorScheme: 'light' });
  await shoot(page, 'page-document');
  await page.getByRole('link', { name: 'An agent with tools' }).click();
  await ask(page, 'The lamp burns oil by the hour. How much is 1.7 * 14, in litres?');
  await page.locator('.call summary').click();
  await shoot(page, 'page-agent');
  await page.context().close();

  const small = await watchPage(browser, service.api, { viewport: phone, scheme: 'dark' });
  await shoot(small, 'page-phone');
  await small.context().close();
}

async function ask(page: Page, text: string): Promise<void> {
  await page.locator('.connection.open').waitFor();
  await page.locator('#composer-text').fill(text);
  await page.keyboard.press('Enter');
  await page.locator('.streaming').first().waitFor();
  await untilReplied(page);
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.locator('.connection.open').waitFor();
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

await main();
