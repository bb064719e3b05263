import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { pageProbes, type ReplyState } from './pageProbes.js';

export type ViewerPage = {
  page: Page;
  /** Script errors, console errors, dialogs, violations of the content security policy, and requests to other origins. */
  problems: string[];
  /** Each state of each reply, in order, across reloads. */
  replyStates: ReplyState[];
  /** Each text of the live region. */
  announcements: string[];
  /** The duration of each task of the page's main thread that took more than 50 ms. */
  longTasks: number[];
  /** The URL of each request. */
  requests: string[];
  openChat(chatId: string): Promise<void>;
  /** Waits until the live socket is open. */
  waitUntilConnected(): Promise<void>;
  /** Waits until the page shows that it is reconnecting. */
  waitUntilDisconnected(): Promise<void>;
  reload(): Promise<void>;
  composer: Locator;
  sendMessage(text: string): Promise<void>;
  transcript: Locator;
  /** The reply with exactly this text. */
  reply(text: string): Locator;
  /** Waits for a complete reply with this text. */
  waitForReply(text: string): Promise<void>;
  /** The texts of messages and replies, in the order of the page. */
  messageTexts(): Promise<string[]>;
  button(name: string | RegExp): Locator;
  /** The nth turn with the actions on its messages, or the last one. */
  turnActions(n?: number): Locator;
  dialog(title: string): Locator;
  /** The successive texts of a turn's first reply, across reloads. */
  replyTextsOf(turnId: string): string[];
  close(): Promise<void>;
};

export type ViewerOptions = BrowserContextOptions & {
  /** A page of the same browser window: a second tab. */
  beside?: ViewerPage;
};

/** Opens the page in its own browser context, and records what it does. */
export async function openViewer(browser: Browser, api: string, options: ViewerOptions = {}): Promise<ViewerPage> {
  const { beside, ...how } = options;
  const context =
    beside?.page.context() ??
    (await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...how }));
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems: string[] = [];
  const replyStates: ReplyState[] = [];
  const announcements: string[] = [];
  const longTasks: number[] = [];
  const requests: string[] = [];

  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (line) => line.type() === 'error' && problems.push(`console: ${line.text()}`));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    requests.push(request.url());
    const isOwn = [`${api}/`, `blob:${api}/`].some((start) => request.url().startsWith(start));
    if (!isOwn) problems.push(`request: ${request.url()}`);
  });
  const recorders: Record<string, (data: never) => void> = {
    reply: (state: ReplyState) => void replyStates.push(state),
    announced: (text: string) => void announcements.push(text),
    breach: (violation: string) => void problems.push(`breach: ${violation}`),
    longTask: (ms: number) => void longTasks.push(ms),
  };
  await page.exposeBinding('report', (_source, kind: string, data: unknown) => recorders[kind]?.(data as never));
  await page.addInitScript({ content: pageProbes });

  const transcript = page.getByRole('region', { name: 'Messages', exact: true });
  const composer = page.getByRole('textbox', { name: 'Message', exact: true });
  const turns = transcript.locator('section.exchange[data-seq]');
  const waitUntilConnected = () => page.locator('.connection.open').waitFor();
  const reply = (text: string) =>
    transcript.getByRole('article').filter({ has: page.locator('.prose').getByText(text, { exact: true }) });

  return {
    page,
    problems,
    replyStates,
    announcements,
    longTasks,
    requests,
    async openChat(chatId) {
      await page.goto(`${api}/#${chatId}`);
      // Until then the previous chat is still open, and connected.
      await page.locator(`main[data-chat="${chatId}"]`).waitFor();
      await waitUntilConnected();
    },
    waitUntilConnected,
    waitUntilDisconnected: () => page.locator('.connection.lost').waitFor(),
    async reload() {
      await page.reload();
      await waitUntilConnected();
    },
    composer,
    async sendMessage(text) {
      await composer.fill(text);
      await composer.press('Enter');
    },
    transcript,
    reply,
    waitForReply: (text) => reply(text).and(page.locator('.beat:not(.streaming)')).first().waitFor(),
    messageTexts: () => transcript.locator('.user-text, .beat .prose').allTextContents(),
    button: (name) => page.getByRole('button', { name, exact: typeof name === 'string' }),
    turnActions: (n) => (n === undefined ? turns.last() : turns.nth(n)),
    dialog: (title) => page.getByRole('dialog', { name: title }),
    replyTextsOf(turnId) {
      const texts = replyStates.flatMap(({ key, text }) => (key === `${turnId}:0` && text ? [text] : []));
      return texts.filter((text, n) => text !== texts[n - 1]);
    },
    async close() {
      if (beside) await page.close();
      else await context.close();
    },
  };
}
