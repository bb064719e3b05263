import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { buildClient } from '../../support/packClient.js';
import { launchChromium } from '../../support/page/browser.js';
import type { ProviderCall } from '../../support/provider/scriptedProvider.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { freePort } from '../../support/service/freePort.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

const run = promisify(execFile);
const reply = 'The lamp is lit, and the sea answers.';
let folder: string;
let world: ScriptedService;
let browser: Browser;
let files: Server;
let filesPort: number;
let backendPort: number;
let backend: ChildProcess | null = null;

/** A copy of `examples` beside a build of `client`, as in the repository after `npm run client:build`. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'examples-'));
  [filesPort, backendPort] = [await freePort(), await freePort()];
  const origins = [filesPort, backendPort].map((port) => `http://127.0.0.1:${port}`);
  await Promise.all([
    cp('examples', join(folder, 'examples'), { recursive: true }),
    cp('client/python', join(folder, 'client/python'), { recursive: true }),
    buildClient(join(folder, 'client')),
  ]);
  world = await startScriptedService({ ALLOWED_ORIGINS: origins.join(',') });
  world.provider.script(() => whole('The lamp is lit, ', 'and the sea answers.'));
  browser = await launchChromium();
  files = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const file = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    response.setHeader('content-type', file.endsWith('.js') ? 'text/javascript' : 'text/html');
    readFile(file).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  }).listen(filesPort, '127.0.0.1');
}, 240_000);

afterAll(async () => {
  backend?.kill('SIGKILL');
  await browser?.close();
  files?.close();
  files?.closeAllConnections();
  await world?.dispose();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const environment = () => ({
  ...process.env,
  SERVICE_URL: world.service.api,
  PYTHONPATH: join(folder, 'client/python'),
});
const install = (example: string) =>
  run('npm', ['install', '--offline', '--no-audit', '--no-fund'], {
    cwd: join(folder, 'examples', example),
    timeout: 60_000,
  });

/** The kinds of a chat's events, to see that a message was accepted once. */
const countOf = async (chatId: string, kind: string): Promise<number> =>
  (await world.service.client.events(chatId)).filter((event) => event.kind === kind).length;

/** A request for a reply that waits for the test. Earlier ones were answered by the script. */
const isUnanswered = ({ requestId, did }: ProviderCall) => Boolean(requestId?.includes('/reply:')) && did.length === 0;

/** Sends a message on an example's page and waits for its reply. */
async function talk(page: Page): Promise<void> {
  await page.fill('input[name=text]', 'Is the lamp lit?');
  await page.click('button');
  await page.getByText(reply, { exact: true }).waitFor({ timeout: 20_000 });
  expect(await page.locator('#lines li').allTextContents()).toEqual(['Is the lamp lit?', reply]);
}

test('the Node example, installed as its README says, prints a reply to its end and exits', async () => {
  await install('node');
  const options = { cwd: join(folder, 'examples/node'), env: environment(), timeout: 60_000 };
  const { stdout } = await run(process.execPath, ['turn.js', 'Is the lamp lit?'], options);
  expect(stdout).toBe(`${reply}\n`);
}, 90_000);

const withPython = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;
withPython(
  'the Python example prints a reply to its end and exits (skipped where there is no python3)',
  async () => {
    const options = { cwd: folder, env: environment(), timeout: 60_000 };
    const { stdout } = await run('python3', ['examples/python/turn.py', 'Is the lamp lit?'], options);
    expect(stdout).toBe(`${reply}\n`);
  },
  90_000,
);

test('the browser example shows a reply, and the same chat again after a reload', async () => {
  const page = await browser.newPage();
  const service = encodeURIComponent(world.service.api);
  await page.goto(`http://127.0.0.1:${filesPort}/examples/browser/?service=${service}`);
  await talk(page);
  await page.reload();
  await page.getByText(reply, { exact: true }).waitFor({ timeout: 20_000 });
  expect(await page.locator('#lines li').allTextContents()).toEqual(['Is the lamp lit?', reply]);
  await page.close();
}, 90_000);

describe('the React example', () => {
  const address = () =>
    `http://127.0.0.1:${filesPort}/examples/react/?service=${encodeURIComponent(world.service.api)}`;
  const lines = (page: Page) => page.locator('#lines li').allTextContents();

  /** Bundled by its own script, with the packages that the repository has. */
  beforeAll(async () => {
    const packages = join(folder, 'examples/react/node_modules');
    await mkdir(packages);
    for (const name of ['react', 'react-dom', 'scheduler', 'esbuild', '.bin'])
      await symlink(resolve('node_modules', name), join(packages, name));
    await symlink(join(folder, 'client'), join(packages, 'durable-turns-client'));
    await run('npm', ['run', 'build'], { cwd: join(folder, 'examples/react'), timeout: 60_000 });
  }, 90_000);

  test('posts a message once and opens one connection, although React mounts it twice, and closes it', async () => {
    const page = await browser.newPage();
    const open = new Set<unknown>();
    page.on('websocket', (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    });
    await page.goto(address());
    await talk(page);
    const chatId = new URL(page.url()).searchParams.get('chat')!;
    expect(await countOf(chatId, 'user_turn')).toBe(1);
    expect(open.size).toBe(1);
    await page.getByText('ready', { exact: true }).waitFor({ timeout: 20_000 });
    await page.reload();
    await page.getByText(reply, { exact: true }).waitFor({ timeout: 20_000 });
    expect(await lines(page)).toEqual(['Is the lamp lit?', reply]);
    await page.close();
  }, 90_000);

  test('shows the whole reply once when the api is killed in its middle', async () => {
    world.driveReplies();
    const page = await browser.newPage();
    await page.goto(address());
    await page.fill('input[name=text]', 'Is the lamp lit?');
    await page.click('button[type=submit]');
    const call = await world.provider.nextRequest(isUnanswered, 20_000);
    await call.send('The lamp is lit, ');
    await page.getByText('The lamp is lit,').waitFor({ timeout: 20_000 });
    await world.service.kill('api', 'SIGKILL');
    await page.getByText('reconnecting', { exact: true }).waitFor({ timeout: 20_000 });
    expect(await lines(page)).toEqual(['Is the lamp lit?', 'The lamp is lit, ']);
    await call.send('and the sea answers.');
    await call.finish();
    await page.getByText(reply, { exact: true }).waitFor({ timeout: 30_000 });
    await page.getByText('ready', { exact: true }).waitFor({ timeout: 30_000 });
    expect(await lines(page)).toEqual(['Is the lamp lit?', reply]);
    await page.close();
    world.provider.script(() => whole('The lamp is lit, ', 'and the sea answers.'));
  }, 120_000);
});

describe('the backend example', () => {
  const url = () => `http://127.0.0.1:${backendPort}`;
  const post = async (path: string, body: object) =>
    (await fetch(url() + path, { method: 'POST', body: JSON.stringify(body) })).json();

  beforeAll(async () => {
    await install('backend');
    backend = spawn(process.execPath, ['server.js'], {
      cwd: join(folder, 'examples/backend'),
      env: { ...environment(), PORT: String(backendPort) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until('the backend listens', () =>
      fetch(url()).then(
        () => true as const,
        () => null,
      ),
    );
  }, 90_000);

  test('serves a page that posts through the backend and follows the chat at the service', async () => {
    const page = await browser.newPage();
    await page.goto(url());
    await talk(page);
    await page.close();
  }, 90_000);

  test('starts one turn for a message that is sent three times', async () => {
    const { chatId } = (await post('/chats', {})) as { chatId: string };
    const message = { id: 'message-1', chatId, text: 'Is the lamp lit?' };
    const answers = [
      await post('/messages', message),
      await post('/messages', message),
      await post('/messages', message),
    ];
    expect(answers).toEqual(Array(3).fill({ turnId: expect.stringMatching(/^turn_/) }));
    expect(new Set(answers.map((answer) => (answer as { turnId: string }).turnId)).size).toBe(1);
    expect(await countOf(chatId, 'user_turn')).toBe(1);
    await world.service.client.awaitTurnEnd((answers[0] as { turnId: string }).turnId);
  }, 60_000);

  test('passes on what the service refuses', async () => {
    expect(await post('/messages', { id: 'message-2', chatId: 'chat_none', text: 'Hello?' })).toEqual({
      code: 'chat_not_found',
    });
  });

  test('may be killed during a reply, which the page still shows to its end', async () => {
    world.driveReplies();
    const page = await browser.newPage();
    await page.goto(url());
    await page.fill('input[name=text]', 'Is the lamp lit?');
    await page.click('button');
    const call = await world.provider.nextRequest(isUnanswered, 20_000);
    await call.send('The lamp is lit, ');
    await page.getByText('The lamp is lit,').waitFor({ timeout: 20_000 });
    backend?.kill('SIGKILL');
    await once(backend!, 'exit');
    await call.send('and the sea answers.');
    await call.finish();
    await page.getByText(reply, { exact: true }).waitFor({ timeout: 20_000 });
    await page.close();
  }, 90_000);
});
