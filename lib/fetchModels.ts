import { Agent, fetch } from 'undici';
import { runBounded } from './bounded.js';
import { type AddressRules, checkSpelledHost, createCheckedLookup } from './providerAddress.js';

/** A server of models. `addresses`: where requests may go, for a server that an owner has named; left out: anywhere. */
export type ModelServer = {
  baseUrl: string;
  apiKey: string | undefined;
  api: 'openai' | 'anthropic';
  addresses?: AddressRules;
};

/** Milliseconds for the whole answer, its bytes, arrays and objects, how many models are taken of it, and characters of a name. */
const modelLimits = { withinMs: 4_000, bytes: 2 * 1024 * 1024, containers: 100_000, models: 1_000, name: 200 } as const;

/**
 * Asks a server which models it has. The names are in its order, each once. Follows no redirect: the target would get the
 * key. Throws when there is no such list, and after `modelLimits.withinMs`.
 */
export async function fetchModels(server: ModelServer): Promise<string[]> {
  const url = new URL(`${rootOf(server)}/models`);
  const { addresses } = server;
  if (addresses) checkSpelledHost(url, addresses);
  const dispatcher = new Agent(addresses ? { connect: { lookup: createCheckedLookup(url, addresses) } } : {});
  try {
    const never = new AbortController().signal;
    return await runBounded(never, modelLimits.withinMs, async (signal) => {
      const response = await fetch(url, { dispatcher, redirect: 'manual', signal, headers: headersOf(server) });
      if (!response.ok || !response.body) throw new Error(`the list of models was answered with ${response.status}`);
      return namesIn(parseList(await readBounded(response.body)));
    });
  } finally {
    await dispatcher.destroy();
  }
}

/** The base URL of the Messages API has no version, though some people write it. */
function rootOf({ baseUrl, api }: ModelServer): string {
  const root = baseUrl.replace(/\/+$/, '');
  return api === 'anthropic' ? `${root.replace(/\/v1$/, '')}/v1` : root;
}

function headersOf({ api, apiKey }: ModelServer): Record<string, string> {
  const key = apiKey?.trim();
  if (api === 'anthropic') return { 'anthropic-version': '2023-06-01', ...(key ? { 'x-api-key': key } : {}) };
  return key ? { authorization: `Bearer ${key}` } : {};
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > modelLimits.bytes) throw new Error('the list of models is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Arrays and objects are counted first: brackets alone take a hundred times as long to parse as a list of names. */
function parseList(bytes: Buffer): unknown {
  let left: number = modelLimits.containers;
  for (const byte of bytes)
    if ((byte === OPEN_ARRAY || byte === OPEN_OBJECT) && --left < 0)
      throw new Error('the list of models has too many values');
  return JSON.parse(bytes.toString('utf8'));
}

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;

/** `{data: [{id}]}` as OpenAI answers; some servers answer with the list itself, or under `models`, or with `name`. */
function namesIn(answer: unknown): string[] {
  const { data, models } = (answer ?? {}) as { data?: unknown; models?: unknown };
  const listed = [answer, data, models].find(Array.isArray) as unknown[] | undefined;
  if (!listed) throw new Error('the answer is no list of models');
  const names = listed.slice(0, modelLimits.models).flatMap((item) => {
    const { id, name } = (typeof item === 'object' ? (item ?? {}) : {}) as { id?: unknown; name?: unknown };
    const found = [item, id, name].find((each) => typeof each === 'string' && each !== '') as string | undefined;
    const isUsable = found !== undefined && found.length <= modelLimits.name && found.isWellFormed();
    return isUsable && !found.includes('\0') ? [found] : [];
  });
  return [...new Set(names)];
}
