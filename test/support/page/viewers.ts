import type { Browser } from 'playwright-core';
import type { ProviderCall, ScriptedProvider } from '../provider/scriptedProvider.js';
import { until } from '../until.js';
import type { ServiceClient } from '../viewers/serviceClient.js';
import { launchChromium } from './browser.js';
import { openViewer, type ViewerOptions, type ViewerPage } from './viewerPage.js';

/** A browser, and the pages that a test opens in it. One for each test file. */
export type Viewers = {
  browser: Browser;
  /** Opens the page with this chat; with null, at the page's own address. */
  open(api: string, chatId: string | null, options?: ViewerOptions): Promise<ViewerPage>;
  /** Closes the pages that the current test opened. */
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

/** Sends a message on the page. The test drives the reply with the call that it gets. */
export async function startReply(provider: ScriptedProvider, viewer: ViewerPage, text: string): Promise<ProviderCall> {
  provider.script(() => ({ steps: [] }));
  await viewer.sendMessage(text);
  return provider.nextRequest(undefined, 30_000);
}

export const turnIdOf = ({ requestId }: ProviderCall): string => requestId?.split('/')[0] ?? '';

/** Waits until no turn holds the floor of the chat. */
export const waitUntilIdle = (client: ServiceClient, chatId: string): Promise<true> =>
  until('the floor is free', async () => ((await client.getChat(chatId)).activeTurnId === null ? true : null));
