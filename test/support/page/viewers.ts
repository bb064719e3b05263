import type { Browser } from 'playwright-core';
import type { ProviderCall, ScriptedProvider } from '../provider/scriptedProvider.js';
import { until } from '../until.js';
import type { ServiceClient } from '../viewers/client.js';
import { launchChromium } from './browser.js';
import { openViewer, type ViewerOptions, type ViewerPage } from './viewerPage.js';

/** A browser, and the pages that a test opens in it. One for each test file. */
export type Viewers = {
  browser: Browser;
  /** The page with this chat open; with none, as it is for who just comes. */
  open(api: string, chatId: string | null, options?: ViewerOptions): Promise<ViewerPage>;
  /** Closes the pages of the test that is over. */
  closeAll(): Promise<void>;
  dispose(): Promise<void>;
};

export async function startViewers(): Promise<Viewers> {
  const browser = await launchChromium();
  let opened: ViewerPage[] = [];
  return {
    browser,
    async open(api, chatId, options) {
      const viewer = await openViewer(browser, api, options);
      opened.push(viewer);
      await (chatId === null ? viewer.page.goto(api) : viewer.openChat(chatId));
      return viewer;
    },
    async closeAll() {
      for (const viewer of opened.reverse()) await viewer.close();
      opened = [];
    },
    dispose: () => browser.close(),
  };
}

/** Says something on the page; its reply waits to be driven by the test. */
export async function ask(provider: ScriptedProvider, viewer: ViewerPage, text: string): Promise<ProviderCall> {
  provider.script(() => ({ steps: [] }));
  await viewer.say(text);
  return provider.nextRequest(undefined, 30_000);
}

export const turnOf = ({ requestId }: ProviderCall): string => requestId?.split('/')[0] ?? '';

/** Waits until no turn holds the chat's floor. */
export const untilQuiet = (client: ServiceClient, chatId: string): Promise<true> =>
  until('the floor is free', async () => ((await client.getChat(chatId)).activeTurnId === null ? true : null));
