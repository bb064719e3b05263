import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(30_000);

let folder: string;
let api: TestApi;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  for (const file of ['index.html', 'page.css', 'icon.svg', 'docs.html', 'docs.js']) await write(file, `of ${file}`);
  await write('page.js', `// ${'a script that compresses well. '.repeat(1_000)}`);
  await mkdir(join(folder, 'chunks'));
  await write('chunks/math-ABC_1.js', 'of a chunk');
  api = await startTestApi({ env: { PAGE_DIR: folder } });
}, 60_000);
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const write = (file: string, text: string) => writeFile(join(folder, file), text);
const ask = (path: string, headers: Record<string, string> = {}) => fetch(api.url + path, { headers });

it('a static file is sent compressed to clients that accept that, and uncompressed to others', async () => {
  for (const path of ['/page.js', '/docs/swagger-ui-bundle.js', '/openapi.json']) {
    const [packed, plain] = [
      await ask(path, { 'accept-encoding': 'gzip, br' }),
      await ask(path, { 'accept-encoding': 'identity' }),
    ];
    expect([packed.status, packed.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual([
      200,
      'gzip',
      expect.stringContaining('Accept-Encoding'),
    ]);
    expect([plain.status, plain.headers.get('content-encoding')]).toEqual([200, null]);
    expect(Number(packed.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')) / 2);
    expect(await packed.text()).toBe(await plain.text());
  }
});

it('a HEAD request for a static file is answered without a body, also for a large file', async () => {
  const answer = await fetch(`${api.url}/docs/swagger-ui-bundle.js`, { method: 'HEAD' });
  expect([answer.status, Number(answer.headers.get('content-length')) > 100_000]).toEqual([200, true]);
  expect(await answer.text()).toBe('');
});

it('a script that the page loads on demand is served by its name, and no other file is', async () => {
  const found = await ask('/chunks/math-ABC_1.js');
  expect([found.status, found.headers.get('content-type'), await found.text()]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'of a chunk',
  ]);
  for (const path of ['/chunks/other.js', '/chunks/..%2fpage.js', '/chunks/.js', '/chunks/', '/chunks/math-ABC_1']) {
    expect((await ask(path)).status).toBe(404);
  }
});

it('a static file is read and compressed once for all requests', async () => {
  const at = new Date(Date.now() - 60_000);
  await write('docs.html', 'first');
  await utimes(join(folder, 'docs.html'), at, at);
  const read = async (encoding: string) => (await ask('/docs', { 'accept-encoding': encoding })).text();
  expect([await read('gzip'), await read('identity')]).toEqual(['first', 'first']);
  // Of another text, but as old and as long: who read it again would see it.
  await write('docs.html', 'other');
  await utimes(join(folder, 'docs.html'), at, at);
  expect([await read('gzip'), await read('identity')]).toEqual(['first', 'first']);
});

it('a static file is answered 304 while it is unchanged, and sent again after a build', async () => {
  const first = await ask('/page.css');
  const tag = first.headers.get('etag') ?? '';
  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(await first.text()).toBe('of page.css');
  const same = await ask('/page.css', { 'if-none-match': tag, 'cache-control': 'max-age=0' });
  expect([same.status, await same.text()]).toEqual([304, '']);
  await write('page.css', 'OF PAGE.CSS');
  await utimes(join(folder, 'page.css'), new Date(), new Date(Date.now() + 5_000));
  const changed = await ask('/page.css', { 'if-none-match': tag, 'cache-control': 'max-age=0' });
  expect([changed.status, await changed.text()]).toEqual([200, 'OF PAGE.CSS']);
});

it('a missing static file is reported as not built', async () => {
  await rm(join(folder, 'docs.js'));
  const missing = await ask('/docs.js');
  expect([missing.status, ((await missing.json()) as { code: string }).code]).toEqual([503, 'page_not_built']);
});
