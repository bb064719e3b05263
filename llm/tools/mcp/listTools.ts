import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { toStorableWord } from '../../../domain/text/storable.js';
import { problemOfSchema, problemOfSize } from '../arguments.js';
import { offeredSchema } from '../schemas/offeredSchema.js';
import { tidySchema } from '../schemas/tidySchema.js';

/** The limits of one server's list. */
const MAX_TOOLS = 500;
const MAX_PAGES = 50;

const page = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });
const tool = z.object({
  name: z.string().min(1),
  description: z.string().nullish(),
  inputSchema: z.record(z.string(), z.unknown()),
});

/** A usable tool. Models are offered `parameters`; arguments are checked against `checked`. */
export type ListedTool = {
  name: string;
  description: string | null;
  checked: Record<string, unknown>;
  parameters: Record<string, unknown>;
};

type ListOptions = {
  /** The names of the tools that are used; undefined: all. */
  wanted: string[] | undefined;
  signal: AbortSignal;
  timeoutMs: number;
  onUnusable: (tool: string, why: string) => void;
};

/**
 * Lists the usable tools of a server. A tool with an invalid description or an unusable schema is omitted; the library's
 * own function would refuse the whole list.
 */
export async function listTools(client: Client, { wanted, onUnusable, ...limits }: ListOptions): Promise<ListedTool[]> {
  const usable = new Map<string, ListedTool>();
  const { tools, isWhole } = await readPages(client, limits);
  if (!isWhole) onUnusable('', `is beyond the limit of ${MAX_TOOLS} tools`);
  for (const found of tools) {
    const { name } = Object(found) as { name?: unknown };
    if (wanted && !wanted.includes(String(name))) continue;
    const { problem, ...read } = readTool(found, usable);
    if (read.tool) usable.set(read.tool.name, read.tool);
    else onUnusable(toStorableWord(typeof name === 'string' ? name : '', 100), problem ?? '');
    // Compiling a schema may take long: other work runs in between.
    await nextTurn();
  }
  return [...usable.values()];
}

function readTool(found: unknown, others: ReadonlyMap<string, ListedTool>): { tool?: ListedTool; problem?: string } {
  const parsed = tool.safeParse(found);
  if (!parsed.success) return { problem: 'is not a tool' };
  const { name, description = null, inputSchema } = parsed.data;
  if (others.has(name)) return { problem: 'is listed twice' };
  // Before anything recurses into it.
  const tooLarge = problemOfSize(inputSchema);
  if (tooLarge) return { problem: tooLarge };
  const checked = tidySchema(inputSchema);
  const problem = checked.type === 'object' ? problemOfSchema(checked) : 'is not the schema of an object';
  if (problem) return { problem };
  return { tool: { name, description, checked, parameters: offeredSchema(checked) } };
}

async function readPages(client: Client, { signal, timeoutMs }: Pick<ListOptions, 'signal' | 'timeoutMs'>) {
  const tools: unknown[] = [];
  let cursor: string | null | undefined;
  for (let pages = 0; pages < MAX_PAGES && tools.length < MAX_TOOLS; pages++) {
    const params = cursor ? { cursor } : {};
    const read = await client.request({ method: 'tools/list', params }, page, { timeout: timeoutMs, signal });
    tools.push(...read.tools);
    cursor = read.nextCursor;
    if (!cursor) break;
  }
  return { tools: tools.slice(0, MAX_TOOLS), isWhole: !cursor && tools.length <= MAX_TOOLS };
}
