import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedToolServer, startScriptedToolServer } from '../../support/provider/tools/scriptedToolServer.js';
import { until } from '../../support/until.js';

type Schema = { type?: string; properties?: Record<string, Schema>; items?: Schema } & Record<string, unknown>;
type Sent = {
  tools?: { function: { name: string; parameters: Schema } }[];
  messages: { role: string; content: unknown }[];
};

let world: NarrativeWorld;
let server: ScriptedToolServer;

beforeAll(async () => {
  server = await startScriptedToolServer();
  const string = { type: 'string' };
  server.tools = [
    { name: 'noprops', inputSchema: { type: 'object' } },
    { name: 'noitems', inputSchema: { type: 'object', properties: { list: { type: 'array' } } } },
    {
      name: 'anyof',
      inputSchema: { type: 'object', anyOf: [{ properties: { a: string } }, { properties: { b: string } }] },
    },
    { name: 'fine', inputSchema: { type: 'object', properties: { path: string }, required: ['path'] } },
  ];
  const servers = [{ name: 'odd', transport: 'http', url: server.url }];
  world = await startNarrativeWorld({ MCP_SERVERS: JSON.stringify(servers) });
  await until('the tools of the MCP server', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === 'mcp_odd_fine') ? true : null,
  );
}, 180_000);
afterAll(async () => {
  await world?.dispose();
  await server?.close();
}, 60_000);

/** As OpenAI refuses schemas of functions: objects need `properties`, arrays `items`, and nothing is chosen at the top. */
function isRefused({ parameters }: { parameters: Schema }): boolean {
  const isBare = (schema: Schema): boolean =>
    (schema.type === 'array' && !schema.items) || Object.values(schema.properties ?? {}).some(isBare);
  const hasChoice = ['anyOf', 'oneOf', 'allOf', 'enum', 'not'].some((keyword) => keyword in parameters);
  return parameters.type !== 'object' || !parameters.properties || hasChoice || isBare(parameters);
}

const refusal = {
  status: 400,
  body: {
    error: {
      message: 'Invalid schema for function: object schema missing properties',
      type: 'invalid_request_error',
      param: 'tools[0].function.parameters',
      code: 'invalid_function_parameters',
    },
  },
};

async function ask(names: string[], replies: ReturnType<typeof asking>[]) {
  const enabledTools = names.map((name) => `mcp_odd_${name}`);
  const { body: chat } = await world.service().client.send<Chat>('POST', '/v1/chats', { kind: 'agent', enabledTools });
  const waiting = [...replies];
  world.provider.script(({ body }) => {
    const { tools = [] } = body as unknown as Sent;
    return tools.some((each) => isRefused(each.function)) ? refusal : (waiting.shift() ?? whole('Read.'));
  });
  return world.play(chat.id, 'Read the file.');
}

const lastSent = () => world.provider.requests.at(-1)!.body as unknown as Sent;
const toolMessages = () =>
  lastSent().messages.flatMap(({ role, content }) => (role === 'tool' ? [String(content)] : []));

test('an agent completes its turn with tools whose schemas the provider would refuse as they are', async () => {
  server.answer = () => ({ content: [{ type: 'text', text: 'done' }] });
  const { turn, calls } = await ask(
    ['noprops', 'noitems', 'anyof', 'fine'],
    [asking([tool('c1', 'mcp_odd_noprops'), tool('c2', 'mcp_odd_noitems', { list: [] })])],
  );
  expect(turn).toMatchObject({ status: 'completed', usage: { toolCallCount: 2 } });
  expect(calls).toHaveLength(2);
  expect(lastSent().tools?.map((each) => each.function.name)).toEqual(
    expect.arrayContaining(['mcp_odd_noprops', 'mcp_odd_fine']),
  );
});

test("a model reads a tool's embedded file with its address, and the message of a protocol error", async () => {
  server.answer = ({ id, params }, response) => {
    if (params?.name === 'noprops')
      return {
        content: [
          { type: 'text', text: 'successfully downloaded' },
          { type: 'resource', resource: { uri: 'repo://a/README.md', mimeType: 'text/plain', text: 'THE CONTENT' } },
        ],
      };
    const error = { code: -32602, message: 'missing parameter `path`' };
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
  };
  const { turn } = await ask(
    ['noprops', 'fine'],
    [asking([tool('c1', 'mcp_odd_noprops'), tool('c2', 'mcp_odd_fine', { path: 'a' })])],
  );
  expect(turn.status).toBe('completed');
  const [file, failed] = toolMessages();
  expect(file).toContain('THE CONTENT');
  expect(file).toContain('repo://a/README.md');
  expect(failed).toContain('missing parameter `path`');
});
