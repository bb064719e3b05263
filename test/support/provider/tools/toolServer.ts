import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * An MCP server of tools that go wrong, over stdio: run as `toolServer.ts FILE`. Each call is written to FILE, a line
 * each, before it does anything.
 */
const [, , file = '/dev/null'] = process.argv;

type Message = {
  id?: number | string;
  method: string;
  params?: { name?: string; arguments?: Record<string, unknown> };
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const text = (content: string, isError = false) => ({ content: [{ type: 'text', text: content }], isError });

const tools: Record<string, (sent: Record<string, unknown>) => Promise<unknown>> = {
  echo: async ({ word }) => text(`echo ${word}`),
  slow: async ({ ms, word }) => wait(Number(ms)).then(() => text(`slow ${word}`)),
  broken: async ({ word = '' }) => {
    throw new Error(`a secret of the server${word}`);
  },
  refusing: async () => text('no such luck', true),
  hanging: () => new Promise(() => undefined),
  huge: async () => text('x'.repeat(5 * 1024 * 1024)),
  dying: async () => process.exit(1),
  stuck: async () => {
    for (;;);
  },
  noisy: async ({ word }) => {
    process.stdout.write('Loading model... 100%\n{"level":"info"}\n42\nnull\n\n');
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: 'unknown', result: {} })}\n`);
    return text(`noisy ${word}`);
  },
};

const listed = Object.keys(tools).map((name) => ({
  name,
  description: `A tool that is ${name}.`,
  inputSchema: { type: 'object', properties: { word: { type: 'string' }, ms: { type: 'number' } } },
}));

async function answer({ method, params }: Message): Promise<unknown> {
  if (method === 'initialize')
    return {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'tools', version: '1.0.0' },
    };
  if (method === 'tools/list') return { tools: listed };
  if (method !== 'tools/call') throw Object.assign(new Error('unknown method'), { code: -32601 });
  const sent = params?.arguments ?? {};
  appendFileSync(file, `${params?.name} ${sent.word ?? ''}\n`);
  return tools[params?.name ?? '']?.(sent);
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const message = JSON.parse(line) as Message;
  if (message.id === undefined) return;
  const reply = (body: object) =>
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...body })}\n`);
  try {
    reply({ result: await answer(message) });
  } catch (error) {
    const { code = -32000, message: says } = error as Error & { code?: number };
    reply({ error: { code, message: says } });
  }
});
process.stdin.on('close', () => process.exit(0));
