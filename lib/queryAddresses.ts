import type { LookupAddress, LookupOptions } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { within } from './within.js';

/** Time limits in milliseconds: of one query to one server, and of all queries for a name. */
const QUERY_MS = 2_000;
const LOOKUP_MS = 8_000;
const TRIES = 2;

const NOT_FOUND = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks DNS for all addresses of a name, IPv4 first. `dns.lookup` runs getaddrinfo in a thread, at most two at a time in
 * a process: names that are slow to resolve would keep every other name waiting. These queries take no thread. They do not
 * read `/etc/hosts` and search domains. `servers`: left out, those of the system.
 *
 * Rejects with the code `ENOTFOUND` when the name has no address, else with `EAI_AGAIN`, after 8 s at the latest.
 */
export async function queryAddresses(
  name: string,
  { family }: LookupOptions = {},
  servers?: string[],
): Promise<LookupAddress[]> {
  const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const queries = [
    ...(is(family, 6) ? [] : [resolver.resolve4(name).then((found) => toAddresses(found, 4))]),
    ...(is(family, 4) ? [] : [resolver.resolve6(name).then((found) => toAddresses(found, 6))]),
  ];
  try {
    const answers = await within(LOOKUP_MS, Promise.allSettled(queries), () => failed(name, 'EAI_AGAIN'));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found;
    const isAbsent = answers.every((answer) => answer.status === 'rejected' && NOT_FOUND.has(answer.reason.code));
    throw failed(name, isAbsent ? 'ENOTFOUND' : 'EAI_AGAIN');
  } finally {
    resolver.cancel();
  }
}

const is = (family: LookupOptions['family'], version: 4 | 6) => family === version || family === `IPv${version}`;

const toAddresses = (found: string[], family: 4 | 6): LookupAddress[] => found.map((address) => ({ address, family }));

const failed = (hostname: string, code: string) =>
  Object.assign(new Error(`the name could not be resolved: ${code}`), { code, syscall: 'query', hostname });
