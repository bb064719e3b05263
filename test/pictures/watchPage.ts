import type { Browser, Page } from 'playwright-core';

/** The page with the newest chat open, once it is live. */
export async function watchPage(
  browser: Browser,
  api: string,
  { viewport, scheme }: { viewport: { width: number; height: number }; scheme: 'light' | 'dark' },
): Promise<Page> {
  const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(api);
  await page.locator('.connection.open').waitFor();
  return page;
}

/** Until the last turn has ended: then it can be regenerated. */
export async function untilReplied(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Regenerate' }).last().waitFor({ timeout: 60_000 });
}
