import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { startTestApi, type TestApi } from '../../support/service/api.js';

/** The statements that this process sends, in their order. */
const sent: string[] = [];
const { query } = pg.Client.prototype;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [string | { text: string }];
    sent.push(typeof statement === 'string' ? statement : statement.text);
    return (query as (...args: unknown[]) => unknown).apply(this, args);
  } as typeof query;
}, 60_000);
afterAll(async () => {
  pg.Client.prototype.query = query;
  await api?.close();
});

type Way = { path: string; body(n: number): object; headers?: Record<string, string> };

/** Posts a message, and gives the statements until the answer's head that are about what clients name. */
async function statementsOf({ path, body, headers = {} }: Way, n: number) {
  sent.length = 0;
  const leave = new AbortController();
  const response = await fetch(api.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body(n)),
    signal: leave.signal,
  });
  const seen = [...sent];
  leave.abort();
  expect(response.status).toBe(200);
  const accepted = seen.findIndex((text) => text.includes('insert into turns'));
  expect(accepted).toBeGreaterThan(0);
  const named = (from: number, to: number) => seen.slice(from, to).filter((text) => text.includes('dialect_')).length;
  const committed = seen.indexOf('commit', accepted);
  return { before: named(0, accepted), within: named(accepted, committed), after: named(committed, seen.length) };
}

const user = (content: string) => ({ role: 'user', content });

const ways: [string, () => Promise<Way>, { before: number; within: number }][] = [
  [
    'Responses',
    async () => {
      const made = await fetch(`${api.url}/openai/v1/conversations`, { method: 'POST' });
      const { id: conversation } = (await made.json()) as { id: string };
      const body = (n: number) => ({ model: 'm', input: `${n}`, conversation, stream: true });
      return { path: '/openai/v1/responses', body };
    },
    { before: 1, within: 1 },
  ],
  [
    'Chat Completions',
    async () => {
      const history = (n: number) =>
        Array.from({ length: n }, (_, at) => [user(`${at}`), { role: 'assistant' }]).flat();
      const body = (n: number) => ({ model: 'm', messages: [...history(n), user(`${n}`)], stream: true });
      return { path: '/openai/v1/chat/completions', body, headers: { 'x-conversation-id': randomUUID() } };
    },
    { before: 1, within: 0 },
  ],
  [
    'the AI SDK',
    async () => {
      const [id, parts] = [randomUUID(), [{ type: 'text', text: 'Go on.' }]];
      const body = () => ({ id, messages: [{ id: randomUUID(), role: 'user', parts }], trigger: 'submit-message' });
      return { path: '/ai-sdk/v7/chat', body };
    },
    { before: 1, within: 1 },
  ],
  [
    'AG-UI',
    async () => {
      const threadId = randomUUID();
      const body = () => ({ threadId, runId: randomUUID(), messages: [{ id: randomUUID(), ...user('Go on.') }] });
      return { path: '/ag-ui', body };
    },
    { before: 1, within: 1 },
  ],
];

test.each(ways)('a turn of a known chat over %s asks once for what the client names', async (_, way, expected) => {
  const asked = await way();
  await statementsOf(asked, 0);
  expect(await statementsOf(asked, 1)).toEqual({ ...expected, after: 0 });
});
