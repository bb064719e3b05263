import { readFile } from 'node:fs/promises';

const ESTABLISHED = '01';

/** How many connections to a local port are established, by the kernel's table. Linux only. */
export async function establishedOn(port: number): Promise<number> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(['tcp', 'tcp6'].map((t) => readFile(`/proc/net/${t}`, 'utf8').catch(() => '')));
  return tables
    .join('\n')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === ESTABLISHED).length;
}
