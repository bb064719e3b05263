import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createMcpTools, type McpServer, type McpTools } from '../../../llm/tools/mcp.js';
import { createToolRegistry } from '../../../llm/tools/registry.js';
import { buildToolServer } from '../../support/provider/tools/buildToolServer.js';
import { type ScriptedToolServer, startScriptedToolServer } from '../../support/provider/tools/scriptedToolServer.js';
import { until } from '../../support/until.js';

const limits = { level: 1, needsApproval: false, idempotent: false, timeoutMs: 20_000 } as const;
const empty = { type: 'object', properties: {} };
const nothing = async () => ({ success: false, content: '' });
const context = { searchMemories: nothing, searchMessages: nothing, readDocument: nothing, proposeEdit: nothing };

let outside: McpTools;
afterEach(() => outside.close());

async function connect(...servers: McpServer[]) {
  const warnings: { tool?: unknown; why?: unknown }[] = [];
  outside = createMcpTools(servers, { log: { warn: (fields) => warnings.push(fields) } });
  await outside.connect();
  const registry = createToolRegistry({ outside });
  const run = (name: string, sent: Record<string, unknown> = {}) =>
    registry.run({ name: `mcp_${name}`, arguments: sent }, { signal: new AbortController().signal, context });
  return { run, warnings, names: () => outside.list().map(({ name }) => name) };
}

describe('an MCP server over HTTP', () => {
  let server: ScriptedToolServer;
  const overHttp = (): McpServer => ({ name: 'http', transport: 'http', url: server.url, ...limits });
  beforeEach(async () => {
    server = await startScriptedToolServer();
    server.tools = [{ name: 'tool', inputSchema: empty }];
  });
  afterEach(() => server.close());

  test.each([
    { status: 404, code: -32_001, message: 'Session not found' },
    { status: 400, code: -32_000, message: 'Bad Request: No valid session ID provided' },
    { status: 400, code: -32_000, message: 'Bad Request: Server not initialized' },
    { status: 200, code: -32_001, message: 'Session expired' },
  ])('that has lost its sessions gets a new one and the call: $status $message', async (refusal) => {
    server.sessions.refusal = refusal;
    const { run } = await connect(overHttp());
    expect(await run('http_tool')).toEqual({ success: true, content: 'done' });
    server.sessions.known.clear();
    const results = await Promise.all([run('http_tool'), run('http_tool')]);
    expect(results).toEqual(Array(2).fill({ success: true, content: 'done' }));
    expect(server.sessions.begun).toBe(2);
    expect(server.calls).toHaveLength(3);
  });

  test('that refuses each session is not asked without end', async () => {
    server.sessions.refusal = { status: 404, code: -32_001, message: 'Session not found' };
    server.answer = (message, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: 1, message: 'Session not found' } }),
      );
    };
    const { run } = await connect(overHttp());
    expect(await run('http_tool')).toEqual({ success: false, content: 'tool_failed: Session not found' });
    expect(server.calls).toHaveLength(4);
  });

  test.each([200, 400, 500])(
    'that answers a call with a protocol error and status %i is quoted to the model',
    async (status) => {
      server.answer = (message, response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        const error = { code: -32_602, message: 'missing parameter `path`' };
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
      };
      const { run } = await connect(overHttp());
      expect(await run('http_tool')).toEqual({ success: false, content: 'tool_failed: missing parameter `path`' });
      expect(server.calls).toHaveLength(1);
    },
  );

  test('whose stream breaks off during a call fails that call at once, and is not asked again', async () => {
    server.answer = (_message, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': working\n\n', () => response.destroy());
    };
    const { run } = await connect(overHttp());
    expect(await run('http_tool')).toEqual({ success: false, content: expect.stringContaining('broke off') });
    expect(server.calls).toHaveLength(1);
  });

  test('whose result has content of every kind, or breaks its own output schema, gives a result', async () => {
    server.tools = [{ name: 'tool', inputSchema: empty, outputSchema: { type: 'object', required: ['never'] } }];
    server.answer = () => ({
      content: [{ type: 'hologram' }, { type: 'resource', resource: { uri: 'x://y', text: 'THE CONTENT' } }],
      structuredContent: { other: 1 },
    });
    const { run } = await connect(overHttp());
    expect(await run('http_tool')).toEqual({
      success: true,
      content: '{"type":"hologram"}\n[resource: x://y]\nTHE CONTENT',
    });
  });

  test('lists its tools in pages, and again when it says that they changed', async () => {
    server.sessions.refusal = { status: 404, code: -32_001, message: 'Session not found' };
    const page = (name: string, nextCursor?: string) => ({
      tools: [{ name, inputSchema: empty }],
      ...(nextCursor ? { nextCursor } : {}),
    });
    server.pages = [page('a', '1'), page('b')];
    const { names } = await connect(overHttp());
    expect(names()).toEqual(['mcp_http_a', 'mcp_http_b']);
    server.pages = [page('a'), page('c')];
    await until('the changed list is read', async () => {
      server.notify('notifications/tools/list_changed');
      return names().length === 1 ? true : null;
    });
    expect(names()).toEqual(['mcp_http_a']);
  });

  test('whose pages never end lists no more tools than the limit', async () => {
    server.pages = [{ tools: [], nextCursor: '0' }];
    const { names, warnings } = await connect(overHttp());
    expect(names()).toEqual([]);
    expect(warnings).toMatchObject([{ why: expect.stringContaining('limit') }]);
  });

  test('offers tools with repaired schemas, and checks arguments by the original ones', async () => {
    server.tools = [
      { name: 'noprops', inputSchema: { type: 'object' } },
      { name: 'noitems', inputSchema: { type: 'object', properties: { list: { type: 'array' } } } },
      {
        name: 'anyof',
        inputSchema: {
          type: 'object',
          properties: { a: {}, b: {} },
          anyOf: [{ required: ['a'] }, { required: ['b'] }],
        },
      },
      { name: 'broken', inputSchema: { type: 'array' } },
    ];
    const { names, run, warnings } = await connect(overHttp());
    expect(names()).toEqual(['mcp_http_noprops', 'mcp_http_noitems', 'mcp_http_anyof']);
    expect(warnings).toMatchObject([{ tool: 'broken' }]);
    expect(await run('http_anyof')).toMatchObject({ success: false, content: expect.stringMatching(/^bad_arguments/) });
    expect(await run('http_anyof', { a: 1 })).toMatchObject({ success: true });
  });
});

describe('an MCP server over stdio', () => {
  let folder: string;
  let entry: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools-'));
    entry = await buildToolServer(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const overStdio = (name: string): McpServer => ({
    name,
    transport: 'stdio',
    command: process.execPath,
    args: [entry, join(folder, `${name}.log`)],
    ...limits,
  });

  test('that writes other lines to its output is understood', async () => {
    const { run } = await connect(overStdio('loud'));
    expect(await run('loud_noisy', { word: 'a' })).toEqual({ success: true, content: 'noisy a' });
    expect(await run('loud_echo', { word: 'b' })).toEqual({ success: true, content: 'echo b' });
  }, 60_000);

  test('that ends during a call fails only that call, and is started again for the next one', async () => {
    const { run } = await connect(overStdio('weak'), overStdio('strong'));
    const [lost, other] = await Promise.all([run('weak_dying'), run('strong_slow', { ms: 300, word: 'a' })]);
    expect(lost).toEqual({ success: false, content: expect.stringContaining('may have had its effect') });
    expect(other).toEqual({ success: true, content: 'slow a' });
    expect(await run('weak_echo', { word: 'b' })).toEqual({ success: true, content: 'echo b' });
    expect(await run('weak_dying')).toMatchObject({ success: false });
    expect(await run('weak_echo', { word: 'c' })).toEqual({ success: true, content: 'echo c' });
  }, 60_000);

  test('that answers nothing after a call timed out is started again, and one that is only slow is not', async () => {
    const { run } = await connect({ ...overStdio('hung'), timeoutMs: 1_500 });
    expect(await run('hung_hanging')).toMatchObject({ content: expect.stringMatching(/^tool_timed_out/) });
    expect(await run('hung_echo', { word: 'a' })).toEqual({ success: true, content: 'echo a' });
    expect(await run('hung_stuck')).toMatchObject({ content: expect.stringMatching(/^tool_timed_out/) });
    await until('the server answers again', async () =>
      (await run('hung_echo', { word: 'b' })).success ? true : null,
    );
    const calls = await readFile(join(folder, 'hung.log'), 'utf8');
    expect(calls).toMatch(/^hanging \necho a\nstuck \n(echo b\n)+$/);
  }, 60_000);

  test('that no longer starts fails its calls after a few tries', async () => {
    const { run } = await connect(overStdio('gone'));
    await run('gone_dying');
    await rm(entry);
    expect(await run('gone_echo', { word: 'a' })).toEqual({
      success: false,
      content: 'tool_failed: The MCP server gone can not be reached.',
    });
    entry = await buildToolServer(folder);
  }, 60_000);
});
