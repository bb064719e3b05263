import { createHash } from 'node:crypto';

/** Providers allow no longer names. */
const MAX_NAME = 64;
const HASH_DIGITS = 8;

/** Gives each tool of a server a name that is unique among all servers, and that it keeps while the process runs. */
export type ToolNames = { assign(remotes: string[]): Map<string, string> };

/**
 * Names of a server's tools, of the characters and the length that providers allow: `mcp_SERVER_TOOL`, or with a hash at
 * the end where several tools would have the same name. They depend on no order, because chats and approvals refer to them.
 */
export function createToolNames(server: string, allServers: string[]): ToolNames {
  const given = new Map<string, string>();
  const wanted = (remote: string) => `mcp_${server}_${remote}`.replace(/[^\w-]/g, '_').slice(0, MAX_NAME);
  const isExact = (remote: string) => wanted(remote) === `mcp_${server}_${remote}`;
  // The tool `b_c` of the server `a` would have the name of the tool `c` of the server `a_b`.
  const looksForeign = (name: string) =>
    allServers.some((other) => other.length > server.length && name.startsWith(`mcp_${other}_`));
  const hashed = (remote: string) => {
    const hash = createHash('sha256').update(`${server}\0${remote}`).digest('hex').slice(0, HASH_DIGITS);
    return `${wanted(remote).slice(0, MAX_NAME - HASH_DIGITS - 1)}_${hash}`;
  };

  return {
    assign(remotes) {
      const before = new Set(given.values());
      const count = new Map<string, number>();
      for (const remote of remotes) count.set(wanted(remote), (count.get(wanted(remote)) ?? 0) + 1);
      for (const remote of remotes.filter((each) => !given.has(each))) {
        const name = wanted(remote);
        const isFree = !before.has(name) && !looksForeign(name) && (count.get(name) === 1 || isExact(remote));
        given.set(remote, isFree ? name : hashed(remote));
      }
      return new Map(remotes.map((remote) => [remote, given.get(remote) ?? hashed(remote)]));
    },
  };
}
