import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { launchChromium } from '../../support/page/browser.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { freePort } from '../../support/service/freePort.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';

const run = promisify(execFile);
const reply = 'The lamp is lit, and the sea answers.';
let world: ScriptedService;
let guides = '';
let folder = '';
let pagePort = 0;

beforeAll(async () => {
  pagePort = await freePort();
  [guides, folder] = await Promise.all([readFile('docs/guides.md', 'utf8'), mkdtemp(join(tmpdir(), 'guides-'))]);
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  world = await startScriptedService({ ALLOWED_ORIGINS: `http://127.0.0.1:${pagePort}` });
  world.provider.script(() => whole('The lamp is lit, ', 'and the sea answers.'));
}, 180_000);
afterAll(async () => {
  await world?.dispose();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** The code of a guide as it stands there, for the service of the test. */
function codeOf(title: string, language: string): string {
  const section = guides.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? '';
  const code = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1];
  if (!code) throw new Error(`The guide "${title}" has no ${language}.`);
  return code.replaceAll('http://127.0.0.1:3000', world.service.api);
}

const textsOf = async (chatId: string): Promise<string[]> => {
  const path = `/v1/chats/${chatId}/messages`;
  const { body } = await world.service.client.send<{ items: { content: string }[] }>('GET', path);
  return body.items.map(({ content }) => content);
};

describe('the guide for', () => {
  test('curl streams a reply', async () => {
    const { stdout } = await run('sh', ['-c', codeOf('curl', 'sh')], { timeout: 60_000 });
    const deltas = [...stdout.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text!) as string,
    );
    expect(deltas.join('')).toBe(reply);
    expect(stdout).toMatch(/data: \[DONE\]\n\n$/);
  });

  test.each([
    ["OpenAI's SDK", 'openai.mjs'],
    ['LangChain', 'langchain.mjs'],
    ['AG-UI and CopilotKit', 'agUi.mjs'],
  ])(
    '%s prints a reply as it arrives',
    async (title, name) => {
      await writeFile(join(folder, name), codeOf(title, 'js'));
      const { stdout } = await run(process.execPath, [name], { cwd: folder, timeout: 60_000 });
      expect(stdout).toBe(reply);
    },
    90_000,
  );
});

describe('the guide for useChat', () => {
  let page: Server;
  afterEach(() => {
    page?.close();
    page?.closeAllConnections();
  });

  test('shows a reply on a page', async () => {
    const start = `
      import { createElement } from 'react';
      import { createRoot } from 'react-dom/client';
      createRoot(document.body).render(createElement(Chat, { id: 'my-page' }));`;
    await writeFile(join(folder, 'chat.jsx'), codeOf('useChat', 'jsx') + start);
    const { outputFiles } = await build({
      entryPoints: [join(folder, 'chat.jsx')],
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      preserveSymlinks: true,
      write: false,
    });
    page = createServer(({ url }, response) => {
      response.setHeader('content-type', url === '/chat.js' ? 'text/javascript' : 'text/html');
      const html = '<!doctype html><body></body><script type="module" src="chat.js"></script>';
      response.end(url === '/chat.js' ? outputFiles[0]?.text : html);
    }).listen(pagePort, '127.0.0.1');
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      await tab.goto(`http://127.0.0.1:${pagePort}/`);
      await tab.click('button');
      await tab.getByText(reply, { exact: true }).waitFor({ timeout: 20_000 });
      expect(await tab.locator('p').allTextContents()).toEqual(['Is the lamp lit?', reply]);
    } finally {
      await browser.close();
    }
  }, 120_000);
});

/** The requests of an application: the models, and then a streamed completion with the whole history. */
async function converse(headers: Record<string, string>, texts: readonly string[], more: object = {}) {
  const base = `${world.service.api}/openai/v1`;
  const { data } = (await (await fetch(`${base}/models`, { headers })).json()) as { data: { id: string }[] };
  expect(data.length).toBeGreaterThan(0);
  const messages: object[] = [{ role: 'system', content: 'Be short.' }];
  let chatId = '';
  for (const content of texts) {
    messages.push({ role: 'user', content });
    const response = await fetch(`${base}/chat/completions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', authorization: 'Bearer YOUR_KEY' },
      body: JSON.stringify({ model: data[0]?.id, stream: true, temperature: 1, top_p: 1, messages, ...more }),
    });
    expect(response.status).toBe(200);
    const body = await response.text();
    expect(body).toContain('data: [DONE]');
    chatId = response.headers.get('x-chat-id') ?? '';
    messages.push({ role: 'assistant', content: reply });
  }
  return chatId;
}

describe('the settings of the guide for', () => {
  test('LibreChat keep a conversation in one chat', async () => {
    const [, name = ''] =
      /headers: \{ ([\w-]+): '\{\{LIBRECHAT_BODY_CONVERSATIONID\}\}'/.exec(codeOf('LibreChat', 'yaml')) ?? [];
    const chatId = await converse({ [name]: 'f47ac10b-58cc' }, ['Hello', 'And?'], {
      presence_penalty: 0,
      frequency_penalty: 0,
      user: 'librechat-user',
    });
    expect(await textsOf(chatId)).toEqual(['Hello', reply, 'And?', reply]);
  });

  test('Open WebUI keep a conversation in one chat, and its titles out of it', async () => {
    const chatId = await converse({ 'X-OpenWebUI-Chat-Id': 'b1e9', 'X-OpenWebUI-User-Name': 'Ada' }, ['Hello', 'And?']);
    expect(await textsOf(chatId)).toEqual(['Hello', reply, 'And?', reply]);
    expect(await converse({}, ['### Task: Generate a concise title'])).not.toBe(chatId);
    expect(await textsOf(chatId)).toHaveLength(4);
  });

  test('SillyTavern keep a story in one chat', async () => {
    const [, name = '', value = ''] = /([\w-]+): ([\w-]+)/.exec(codeOf('SillyTavern', 'yaml')) ?? [];
    const chatId = await converse({ [name]: value }, ['Hello', 'And?'], { max_tokens: 300, stop: ['\nUser:'] });
    expect(await textsOf(chatId)).toEqual(['Hello', reply, 'And?', reply]);
  });
});
