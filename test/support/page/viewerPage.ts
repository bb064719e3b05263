import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { pageProbes, type ShownReply } from './pageProbes.js';

export type ViewerPage = {
  page: Page;
  /** Errors of the page's script, what the browser complains of, dialogs, breaches of the policy, foreign requests. */
  complaints: string[];
  /** Each state of each reply, in order, over reloads. */
  shown: ShownReply[];
  /** Each text of the live region. */
  announced: string[];
  /** Milliseconds of each task of the page's thread that took more than 50. */
  longTasks: number[];
  /** Addresses that the page asked for. */
  requests: string[];
  openChat(chatId: string): Promise<void>;
  /** Until the live socket is open. */
  live(): Promise<void>;
  /** Until the page says that its connection is lost. */
  lost(): Promise<void>;
  reload(): Promise<void>;
  composer: Locator;
  say(text: string): Promise<void>;
  transcript: Locator;
  /** The reply that shows this text, and nothing else. */
  reply(text: string): Locator;
  /** Waits until a reply that has landed shows this text. */
  ended(text: string): Promise<void>;
  /** What was said, in the order of the page. */
  said(): Promise<string[]>;
  button(name: string | RegExp): Locator;
  /** The bar of what can be done with a turn: the nth, or of the last. */
  turn(n?: number): Locator;
  dialog(title: string): Locator;
  /** What the states of a turn's first reply were, each once, over reloads. */
  textsOf(turnId: string): string[];
  close(): Promise<void>;
};

export type ViewerOptions = BrowserContextOptions & {
  /** A page of the same browser window: a second tab. */
  beside?: ViewerPage;
};

/** The page in a browser of its own, with what it does and what is complained of kept. */
export async function openViewer(browser: Browser, api: string, options: ViewerOptions = {}): Promise<ViewerPage> {
  const { beside, ...how } = options;
  const context =
    beside?.page.context() ??
    (await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...how }));
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  const shown: ShownReply[] = [];
  const announced: string[] = [];
  const longTasks: number[] = [];
  const requests: string[] = [];

  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (line) => line.type() === 'error' && complaints.push(`console: ${line.text()}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    requests.push(request.url());
    if (!request.url().startsWith(`${api}/`)) complaints.push(`request: ${request.url()}`);
  });
  const heard: Record<string, (data: never) => void> = {
    reply: (state: ShownReply) => void shown.push(state),
    announced: (words: string) => void announced.push(words),
    breach: (what: string) => void complaints.push(`breach: ${what}`),
    longTask: (ms: number) => void longTasks.push(ms),
  };
  await page.exposeBinding('report', (_source, kind: string, data: unknown) => heard[kind]?.(data as never));
  await page.addInitScript({ content: pageProbes });

  const transcript = page.getByRole('region', { name: 'Messages' });
  const composer = page.getByRole('textbox', { name: 'Message' });
  const turns = page.getByLabel('Message actions', { exact: true });
  const live = () => page.locator('.connection.open').waitFor();
  const reply = (text: string) =>
    transcript.getByRole('article').filter({ has: page.locator('.prose').getByText(text, { exact: true }) });

  return {
    page,
    complaints,
    shown,
    announced,
    longTasks,
    requests,
    async openChat(chatId) {
      await page.goto(`${api}/#${chatId}`);
      // Until then the chat that was open before is still there, and live.
      await page.locator(`main[data-chat="${chatId}"]`).waitFor();
      await live();
    },
    live,
    lost: () => page.locator('.connection.lost').waitFor(),
    async reload() {
      await page.reload();
      await live();
    },
    composer,
    async say(text) {
      await composer.fill(text);
      await composer.press('Enter');
    },
    transcript,
    reply,
    ended: (text) => reply(text).and(page.locator('.beat:not(.streaming)')).first().waitFor(),
    said: () => transcript.locator('.mine-text, .beat .prose').allTextContents(),
    button: (name) => page.getByRole('button', { name, exact: typeof name === 'string' }),
    turn: (n) => (n === undefined ? turns.last() : turns.nth(n)),
    dialog: (title) => page.getByRole('dialog', { name: title }),
    textsOf(turnId) {
      const texts = shown.flatMap(({ key, text }) => (key === `${turnId}:0` && text ? [text] : []));
      return texts.filter((text, n) => text !== texts[n - 1]);
    },
    async close() {
      if (beside) await page.close();
      else await context.close();
    },
  };
}
