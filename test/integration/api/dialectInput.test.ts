import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api?.close());

/** Names of fields that Postgres does not store, as JSON texts. */
const names = [String.raw`"a\u0000b"`, String.raw`"cut\ud83d"`];

async function post(path: string, body: string): Promise<{ status: number; turnId: string | null }> {
  const leave = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(api.url + path, { method: 'POST', headers, body, signal: leave.signal });
  leave.abort();
  return { status: response.status, turnId: response.headers.get('x-turn-id') };
}

describe.each(names)('a field with the name %s', (name) => {
  const odd = `{${name}: {${name}: "x"}}`;
  const parts = `[{"type": "text", "text": "Hi", ${name}: ${odd}}]`;
  test.each([
    ['/openai/v1/responses', `{"model": "m", "input": "Hi", "background": true, "text": ${odd}, "reasoning": ${odd}}`],
    [
      '/openai/v1/responses',
      `{"model": "m", "input": [{"role": "user", "content": "Hi", ${name}: ${odd}}], "stream": true}`,
    ],
    [
      '/openai/v1/chat/completions',
      `{"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true, ${name}: 1}`,
    ],
    ['/openai/v1/conversations', `{"metadata": {${name}: "x"}}`],
    ['/ai-sdk/v7/chat', `{"id": "${randomUUID()}", "messages": [{"id": "m", "role": "user", "parts": ${parts}}]}`],
    [
      '/ag-ui',
      `{"threadId": "${randomUUID()}", "runId": "r", "messages": [{"id": "m", "role": "user", "content": "Hi"}], "state": ${odd}}`,
    ],
  ])('is taken by %s', async (path, body) => {
    expect((await post(path, body)).status).toBe(200);
  });
});

describe.each(['"Hi"', names[0]!])('a body of thousands of levels around %s', (inner) => {
  const deep = `${'['.repeat(20_000)}${inner}${']'.repeat(20_000)}`;
  test.each([
    ['/openai/v1/responses', `{"model": "m", "input": "Hi", "more": ${deep}}`],
    ['/openai/v1/chat/completions', `{"model": "m", "messages": [{"role": "user", "content": "Hi"}], "more": ${deep}}`],
    ['/openai/v1/conversations', `{"more": ${deep}}`],
    ['/ai-sdk/v7/chat', `{"id": "c", "messages": [], "more": ${deep}}`],
    ['/ag-ui', `{"threadId": "t", "runId": "r", "messages": [], "state": ${deep}}`],
    ['/v1/chats', `{"kind": "agent", "more": ${deep}}`],
  ])('is refused by %s', async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(api.url + path, { method: 'POST', headers, body });
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/at most 500 levels/)]);
  });
});

test.each([
  ['GET', '/openai/v1/responses/a%00b'],
  ['POST', '/openai/v1/responses/a%00b/cancel'],
  ['DELETE', '/openai/v1/conversations/a%00b'],
  ['GET', '/openai/v1/conversations/a%00b/items'],
  ['GET', '/ai-sdk/v7/chat/a%00b/stream'],
  ['POST', '/ai-sdk/v7/chat/a%00b/stop'],
])('%s %s finds nothing', async (method, path) => {
  expect((await fetch(api.url + path, { method })).status).toBe(404);
});
