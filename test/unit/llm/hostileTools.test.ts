import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createMcpTools, type McpTools } from '../../../llm/tools/mcp.js';
import { createToolRegistry } from '../../../llm/tools/registry.js';
import { type ScriptedToolServer, startScriptedToolServer } from '../../support/provider/tools/scriptedToolServer.js';

let server: ScriptedToolServer;
let outside: McpTools;
let warnings: { tool?: unknown; why?: unknown }[];

beforeAll(async () => {
  server = await startScriptedToolServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.tools = [];
  server.calls.length = 0;
  warnings = [];
});
afterEach(() => outside.close());

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

async function connect() {
  const limits = { level: 1, needsApproval: false, idempotent: true, timeoutMs: 5_000 } as const;
  outside = createMcpTools([{ name: 'evil', transport: 'http', url: server.url, ...limits }], {
    log: { warn: (fields) => warnings.push(fields) },
  });
  await outside.connect();
  const registry = createToolRegistry({ outside });
  const nothing = async () => ({ success: false, content: '' });
  const context = { searchMemories: nothing, searchMessages: nothing, readDocument: nothing, proposeEdit: nothing };
  const run = (name: string, sent: Record<string, unknown>) =>
    registry.run({ name: `mcp_evil_${name}`, arguments: sent }, { signal: new AbortController().signal, context });
  return { names: outside.list().map(({ name }) => name), run };
}

const DEEP = 'nested deeply';
/** JSON in which 20,000 levels stand in the place of `DEEP`. */
const written = (tools: unknown[]) => {
  const levels = 20_000;
  const deep = `{"type":"object","properties":{"a":${'{"properties":{"a":'.repeat(levels)}{}${'}}'.repeat(levels)}}}`;
  return JSON.stringify(tools).replace(`"${DEEP}"`, deep);
};

describe('the list of tools of an MCP server', () => {
  test('drops tools with unusable schemas, each with a warning, and keeps the others', async () => {
    const bad = {
      wrong: { type: 'nonsense' },
      list: { type: 'array' },
      nowhere: object({ a: { $ref: '#/$defs/nowhere' } }),
      deep: DEEP,
      huge: object(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`property ${n}`, { type: 'string' }]))),
      nul: object({ 'a\0': { type: 'string' } }),
      none: undefined,
    };
    server.tools = written([
      ...Object.entries(bad).map(([name, inputSchema]) => ({ name, inputSchema })),
      { name: 'good', inputSchema: object({}) },
      { name: 5, inputSchema: object({}) },
      null,
      { name: 'other\0', description: 'Half of \ud83d and \0.', inputSchema: object({}), outputSchema: { type: 7 } },
    ]);
    const { names, run } = await connect();
    expect(names).toEqual(['mcp_evil_good', 'mcp_evil_other_']);
    expect(outside.list().at(-1)?.description).toBe('Half of \ufffd and .');
    expect(warnings.map(({ tool }) => tool)).toEqual([...Object.keys(bad), '', '']);
    expect(warnings.every(({ why }) => typeof why === 'string' && why !== '')).toBe(true);
    expect(await run('good', {})).toEqual({ success: true, content: 'done' });
  });
});

describe('the arguments of a tool call', () => {
  const slow = {
    pattern: object({ a: { type: 'string', pattern: '^(a+)+$' } }),
    keys: { type: 'object', patternProperties: { '^(a+)+$': { type: 'number' } } },
    unique: object({ a: { type: 'array', uniqueItems: true } }),
    doubling: {
      ...object({ a: {} }),
      $defs: Object.fromEntries(
        Array.from({ length: 40 }, (_, n) => [
          `d${n}`,
          n === 39 ? {} : { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
        ]),
      ),
      $ref: '#/$defs/d0',
    },
    endless: { type: 'object', $ref: '#' },
  };

  test('are refused when their schema takes too long to check, and checked otherwise', async () => {
    server.tools = Object.entries(slow).map(([name, inputSchema]) => ({ name, inputSchema }));
    const { names, run } = await connect();
    expect(names).toHaveLength(5);
    const sent: Record<keyof typeof slow, Record<string, unknown>> = {
      pattern: { a: `${'a'.repeat(1_000_000)}!` },
      keys: { [`${'a'.repeat(1_000_000)}!`]: '' },
      unique: { a: Array.from({ length: 100_000 }, (_, n) => ({ n })) },
      doubling: {},
      endless: {},
    };
    const results = new Map<string, string>();
    // without a bound each of them takes minutes, or years
    for (const [name, given] of Object.entries(sent)) results.set(name, (await run(name, given)).content);
    expect(results.get('pattern')).toMatch(
      /^bad_arguments: (\/a must match pattern|The arguments could not be checked)/,
    );
    expect(results.get('doubling')).toMatch(/^bad_arguments: The arguments could not be checked within/);
    expect(results.get('endless')).toMatch(/^bad_arguments: The arguments could not be checked/);
    expect(await run('pattern', { a: 'aaa' })).toEqual({ success: true, content: 'done' });
  });

  test('are checked by the regular patterns of JSON Schema', async () => {
    const string = (pattern: string) => ({ type: 'string', pattern });
    server.tools = [
      { name: 'date', inputSchema: object({ a: string('^\\d{4}-\\d\\d$') }) },
      { name: 'word', inputSchema: object({ a: string('^[\\w-]+\\u0041$') }) },
      { name: 'letters', inputSchema: object({ a: string('^\\p{L}+$') }) },
      { name: 'ahead', inputSchema: object({ a: string('^(?=x)y$') }) },
      { name: 'unique', inputSchema: object({ a: { type: 'array', uniqueItems: true } }) },
    ];
    const { run } = await connect();
    const passes = async (name: string, a: unknown) => (await run(name, { a })).success;
    expect(await passes('date', '2026-01')).toBe(true);
    expect(await passes('date', '2026-1')).toBe(false);
    expect(await passes('word', 'x-A')).toBe(true);
    expect(await passes('word', 'x-B')).toBe(false);
    expect(await passes('letters', 'äö')).toBe(true);
    expect(await passes('letters', 'a1')).toBe(false);
    // look-around is for the server to check
    expect(await passes('ahead', 'z')).toBe(true);
    expect(await passes('unique', [{ x: 1, y: 2 }, { x: 2 }])).toBe(true);
    expect(
      await passes('unique', [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ]),
    ).toBe(false);
  });
});

describe('the result of an MCP tool', () => {
  test.each([
    ['a refusal that never ends is not read to its end', 500, (piece: Buffer) => piece],
    ['a refusal that is small only until it is unpacked is not read to its end', 500, gzipSync],
    ['an answer that never ends is not read to its end', 200, (piece: Buffer) => piece],
    ['an answer that is small only until it is unpacked is not read to its end', 200, gzipSync],
  ])('%s', async (_, status, pack) => {
    server.tools = [{ name: 'flood', inputSchema: object({}) }];
    const { run } = await connect();
    const piece = pack(Buffer.alloc(4 * 1024 * 1024, 'x'));
    const packed = pack === gzipSync ? { 'content-encoding': 'gzip' } : {};
    let sent = 0;
    const before = process.memoryUsage().rss;
    let most = before;
    server.answer = (_message, response) =>
      new Promise<void>((resolve) => {
        response.writeHead(status, { 'content-type': 'application/json', ...packed });
        const push = () => {
          sent += 4;
          most = Math.max(most, process.memoryUsage().rss);
          if (response.destroyed || sent > 2_000) return resolve();
          setImmediate(() => (response.write(piece) ? push() : response.once('drain', push)));
        };
        response.once('close', resolve);
        push();
      });
    expect(await run('flood', {})).toEqual({ success: false, content: 'tool_failed: The tool failed.' });
    // of 2 GiB; what is packed well is sent in whole before the other side can say no
    if (pack !== gzipSync) expect(sent).toBeLessThan(200);
    expect(most - before).toBeLessThan(500 * 1024 * 1024);
  });

  test('is not parsed when that would take too long', async () => {
    server.tools = [{ name: 'many', inputSchema: object({}) }];
    const { run } = await connect();
    const json = `{"content":[${'{},'.repeat(3_000_000)}{}]}`;
    for (const type of ['application/json', 'text/event-stream']) {
      server.answer = (message, response) => {
        const whole = `{"jsonrpc":"2.0","id":${message.id},"result":${json}}`;
        response.writeHead(200, { 'content-type': type });
        response.end(type === 'application/json' ? whole : `event: message\ndata: ${whole}\n\n`);
      };
      expect((await run('many', {})).success).toBe(false);
    }
  });

  test('is cleaned for storage, and fails when it is nested too deeply', async () => {
    server.tools = [{ name: 'odd', inputSchema: object({}) }];
    const { run } = await connect();
    server.answer = () => ({ content: [{ type: 'text', text: 'a\0b \ud800 c' }] });
    expect(await run('odd', {})).toEqual({ success: true, content: 'ab \ufffd c' });
    server.answer = (message, response) => {
      const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
      const result = `{"content":[],"structuredContent":{"a":${nested}}}`;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"jsonrpc":"2.0","id":${message.id},"result":${result}}`);
    };
    expect((await run('odd', {})).success).toBe(false);
  });
});
