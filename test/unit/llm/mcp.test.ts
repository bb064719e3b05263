import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createMcpTools, type McpServer, type McpTools } from '../../../llm/tools/mcp.js';
import { createToolRegistry } from '../../../llm/tools/registry.js';
import { freePort } from '../../support/service/freePort.js';

const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json');
const everything = {
  transport: 'stdio',
  name: 'everything',
  command: process.execPath,
  args: [join(dirname(manifest), 'dist/index.js'), 'stdio'],
  level: 2,
  needsApproval: false,
  idempotent: true,
  timeoutMs: 5_000,
} satisfies McpServer;

let open: McpTools[] = [];
afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
});

async function connect(...servers: McpServer[]) {
  const warnings: object[] = [];
  const outside = createMcpTools(servers, { log: { warn: (fields) => warnings.push(fields) } });
  open.push(outside);
  await outside.connect();
  return { registry: createToolRegistry({ outside }), outside, warnings };
}
const nothing = async () => ({ success: false, content: '' });
const options = () => ({
  signal: new AbortController().signal,
  context: { searchMemories: nothing, searchMessages: nothing, readDocument: nothing, proposeEdit: nothing },
});

test('the tools of a real MCP server are listed under its name and can be called', async () => {
  const { registry } = await connect(everything);
  const echo = registry.list().find(({ name }) => name === 'mcp_everything_echo');
  expect(echo).toMatchObject({ source: 'mcp:everything', level: 2, idempotent: true, needsApproval: false });
  const call = { name: 'mcp_everything_echo', arguments: { message: 'hello' } };
  const result = await registry.run(call, options());
  expect(result).toEqual({ success: true, content: expect.stringContaining('hello') });
  const bad = await registry.run({ ...call, arguments: { message: 5 } }, options());
  expect(bad).toEqual({ success: false, content: expect.stringMatching(/^bad_arguments/) });
}, 30_000);

async function serveOverHttp(port: number) {
  const child = spawn(process.execPath, [everything.args[0] ?? '', 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child.stderr, 'data');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

test('the tools of a real MCP server over HTTP can be called, also after it has restarted', async () => {
  const port = await freePort();
  let stop = await serveOverHttp(port);
  try {
    const { args: _, command: __, ...rest } = everything;
    const server: McpServer = { ...rest, transport: 'http', url: `http://127.0.0.1:${port}/mcp` };
    const { registry } = await connect(server);
    const call = { name: 'mcp_everything_echo', arguments: { message: 'over HTTP' } };
    expect(await registry.run(call, options())).toMatchObject({ success: true });
    await stop();
    stop = await serveOverHttp(port);
    expect(await registry.run(call, options())).toMatchObject({
      success: true,
      content: expect.stringMatching(/HTTP/),
    });
  } finally {
    await stop();
  }
}, 60_000);

test('the resources, links and images in the results of a real MCP server are described in words', async () => {
  const { registry } = await connect(everything);
  const run = async (tool: string, sent: Record<string, unknown>) =>
    (await registry.run({ name: `mcp_everything_${tool}`, arguments: sent }, options())).content;
  const resource = await run('get-resource-reference', { resourceType: 'Text', resourceId: 1 });
  expect(resource).toMatch(/\[resource: demo:\/\/resource\/\S+, text\/plain\]\n\S/);
  expect(await run('get-resource-links', { count: 2 })).toMatch(/\[resource link: .+, demo:\/\/resource\/\S+/);
  expect(await run('get-tiny-image', {})).toMatch(/\[image: image\/png, \d+ bytes\]/);
}, 60_000);

test('only the configured tools of an MCP server are listed', async () => {
  const { outside } = await connect({ ...everything, tools: ['echo'] });
  expect(outside.list().map(({ name }) => name)).toEqual(['mcp_everything_echo']);
}, 30_000);

test('an unreachable MCP server has no tools, and those of others are listed', async () => {
  const gone: McpServer = { ...everything, name: 'gone', command: '/nowhere/at/all' };
  const away: McpServer = { ...everything, name: 'away', transport: 'http', url: 'http://127.0.0.1:9/mcp' };
  const { outside, warnings } = await connect(gone, away, everything);
  expect(new Set(outside.list().map(({ source }) => source))).toEqual(new Set(['mcp:everything']));
  expect(warnings).toHaveLength(2);
}, 60_000);
