import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { toStorableWord } from '../../domain/text/storable.js';
import { problemOfSchema } from './arguments.js';

/** The limits of one server's list. */
const MAX_TOOLS = 500;
const MAX_PAGES = 50;

const page = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });
const tool = z.object({
  name: z.string().min(1),
  description: z.string().nullish(),
  inputSchema: z.record(z.string(), z.unknown()),
});
export type Listed = z.infer<typeof tool>;

type ListOptions = {
  /** The names of the tools that are used; undefined: all. */
  wanted: string[] | undefined;
  timeoutMs: number;
  onUnusable: (tool: string, why: string) => void;
};

/**
 * Lists the usable tools of a server. A tool with an invalid description or an unusable schema is omitted; the library's
 * own function would refuse the whole list.
 */
export async function listTools(client: Client, { wanted, timeoutMs, onUnusable }: ListOptions): Promise<Listed[]> {
  const usable: Listed[] = [];
  for (const found of await readPages(client, timeoutMs)) {
    const { name } = Object(found) as { name?: unknown };
    if (wanted && !wanted.includes(String(name))) continue;
    const parsed = tool.safeParse(found);
    const problem = parsed.success ? problemOf(parsed.data) : 'is not a tool';
    if (parsed.success && !problem) usable.push(parsed.data);
    else onUnusable(toStorableWord(typeof name === 'string' ? name : '', 100), problem ?? '');
    // Compiling a schema may take long: other work runs in between.
    await nextTurn();
  }
  return usable;
}

const problemOf = ({ inputSchema }: Listed): string | null =>
  inputSchema.type === 'object' ? problemOfSchema(inputSchema) : 'is not the schema of an object';

async function readPages(client: Client, timeoutMs: number): Promise<unknown[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const tools: unknown[] = [];
  let cursor: string | null | undefined;
  for (let pages = 0; pages < MAX_PAGES && tools.length < MAX_TOOLS; pages++) {
    const params = cursor ? { cursor } : {};
    const read = await client.request({ method: 'tools/list', params }, page, { timeout: timeoutMs });
    tools.push(...read.tools);
    cursor = read.nextCursor;
    if (!cursor) break;
  }
  return tools.slice(0, MAX_TOOLS);
}
