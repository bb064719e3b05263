import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packClient } from '../../support/packClient.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const run = promisify(execFile);
const bound = { timeout: 60_000 };
let api: TestApi;
let folder: string;

/** A project with nothing but the package that `npm pack` makes of the client, installed with npm. */
beforeAll(async () => {
  api = await startTestApi();
  folder = await mkdtemp(join(tmpdir(), 'client-package-'));
  const packed = await packClient(folder);
  await writeFile(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packed], { ...bound, cwd: folder });
}, 180_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await api.close();
}, 60_000);

const installed = (file = '') => join(folder, 'node_modules/durable-turns-client', file);

/** What the TypeScript compiler says of a module of the project; nothing when it compiles. */
async function compileModule(code: string): Promise<string> {
  await writeFile(join(folder, 'main.ts'), code);
  const compiler = resolve('node_modules/typescript/bin/tsc');
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom',
    'main.ts',
  ];
  return run(process.execPath, [compiler, ...flags], { ...bound, cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

/** Runs a module in the project that has nothing but the package. */
async function runModule(code: string): Promise<unknown> {
  const file = join(folder, 'main.mjs');
  await writeFile(file, `import * as turns from 'durable-turns-client';\n${code}`);
  const { stdout } = await run(process.execPath, [file], bound);
  return JSON.parse(stdout);
}

test('the packed client holds types, ES modules and a README, no dependency and no source', async () => {
  const files = await readdir(installed(), { recursive: true });
  expect(files).toEqual(expect.arrayContaining(['README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']));
  expect(files.filter((file) => /(^|\/)src\/|\.test\./.test(file))).toEqual([]);
  const { type, dependencies } = JSON.parse(await readFile(installed('package.json'), 'utf8'));
  expect([type, dependencies]).toEqual(['module', undefined]);
  expect(await readdir(join(folder, 'node_modules'))).toEqual(['.package-lock.json', 'durable-turns-client']);
});

test('the packed client has the version of the service', async () => {
  const versions = await Promise.all(
    [installed('package.json'), 'package.json'].map(async (file) => JSON.parse(await readFile(file, 'utf8')).version),
  );
  expect(versions[0]).toBe(versions[1]);
});

test('TypeScript compiles a consumer of the packed client strictly, with typed events, and reports a wrong field', async () => {
  const compile = (code: string) => compileModule(`import { createClient } from 'durable-turns-client';\n${code}`);
  const reading = (field: string) => `
    const client = createClient({ baseUrl: 'http://127.0.0.1:3000' });
    export async function lengths(chatId: string): Promise<number[]> {
      const found: number[] = [];
      for await (const frame of client.frames(chatId)) {
        if (frame.type === 'event' && frame.kind === 'assistant_turn') found.push(frame.data.${field}.length);
      }
      return found;
    }`;
  expect(await compile(reading('text'))).toBe('');
  expect(await compile(reading('txet'))).toContain("Property 'txet' does not exist");
}, 120_000);

test('the packed client works in Node without another package: it posts a turn, and reads its events over SSE', async () => {
  const chat = await api.client.newChat();
  const seen = await runModule(`
    const client = turns.createClient({ baseUrl: ${JSON.stringify(api.url)}, WebSocket: null });
    const turn = await client.postTurn(${JSON.stringify(chat.id)}, { text: 'Is the lamp lit?' });
    const kinds = [];
    for await (const frame of client.frames(${JSON.stringify(chat.id)})) {
      if (frame.type === 'event') kinds.push(frame.kind);
      if (frame.type === 'event' && frame.turnId === turn.id) break;
    }
    console.log(JSON.stringify({ chatId: turn.chatId, kinds }));
  `);
  expect(seen).toEqual({ chatId: chat.id, kinds: ['chat_created', 'user_turn'] });
});

test('the packed client throws the code of a refusal', async () => {
  const refused = await runModule(`
    const client = turns.createClient({ baseUrl: ${JSON.stringify(api.url)} });
    const problem = await client.getChat('chat_none').catch((error) => error);
    const ended = await client.frames('chat_none').next().catch((error) => error);
    console.log(JSON.stringify([problem instanceof turns.ApiError, problem.code, ended instanceof turns.FollowError, ended.code]));
  `);
  expect(refused).toEqual([true, 'chat_not_found', true, 'chat_not_found']);
});

describe('the hook of the packed client', () => {
  /** In a project that has React beside the package. */
  beforeAll(async () => {
    await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
    for (const name of ['react', 'react-dom', 'scheduler', '@types/react', 'csstype'])
      await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
  });

  test('compiles in a strict consumer, with the types of its state and of its functions', async () => {
    const using = (field: string) => `
      import { createClient } from 'durable-turns-client';
      import { useTurns } from 'durable-turns-client/react';
      const client = createClient({ baseUrl: 'http://127.0.0.1:3000' });
      export function useTexts(chatId: string): string[] {
        const { messages, drafts, send, status } = useTurns(chatId, { client });
        if (status === 'ready' && messages.length === 0) void send({ text: 'Hello', temperature: 0 });
        return [...messages, ...drafts].map(({ ${field} }) => ${field});
      }`;
    expect(await compileModule(using('text'))).toBe('');
    expect(await compileModule(using('txet'))).toContain("Property 'txet' does not exist");
  }, 120_000);

  test('renders on a server as a chat that loads, without a request', async () => {
    const rendered = await runModule(`
      import { createElement } from 'react';
      import { renderToString } from 'react-dom/server';
      import { useTurns } from 'durable-turns-client/react';
      let requests = 0;
      const fetch = async () => { requests += 1; throw new Error('no network'); };
      const client = turns.createClient({ baseUrl: ${JSON.stringify(api.url)}, fetch });
      const Chat = () => createElement('p', null, useTurns('chat_none', { client }).status);
      console.log(JSON.stringify([renderToString(createElement(Chat)), requests]));
    `);
    expect(rendered).toEqual(['<p>loading</p>', 0]);
  }, 60_000);

  test('is no part of what a page without React loads', async () => {
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '--eval', "import 'durable-turns-client'; console.log('loaded')"],
      { ...bound, cwd: folder },
    );
    expect(stdout).toBe('loaded\n');
    const files = await readdir(installed('dist'), { recursive: true });
    const sources = await Promise.all(
      files
        .filter((file) => file.endsWith('.js'))
        .map(async (file) => [file, await readFile(installed(join('dist', file)), 'utf8')]),
    );
    expect(sources.flatMap(([file, code]) => (/from 'react'/.test(code ?? '') ? [file] : []))).toEqual(['react.js']);
  });
});
