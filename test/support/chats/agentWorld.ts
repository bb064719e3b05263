import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chat } from '../../../client/src/index.js';
import { buildToolServer } from '../provider/tools/buildToolServer.js';
import { type NarrativeWorld, startNarrativeWorld } from './narrativeWorld.js';

/** The real service with a scripted provider and MCP servers of tools that go wrong. */
export type AgentWorld = NarrativeWorld & {
  newAgent(settings?: object): Promise<{ chat: Chat; path: string }>;
  /** What the tools were called with, a line each. */
  made(): Promise<string[]>;
};

/** Names of the tools, as agents know them. `careful` ones wait for a person, `fast` ones time out soon. */
export const named = (name: string, server = 'tools') => `mcp_${server}_${name}`;
const enabledTools = [
  'calculate',
  'current_time',
  'search_messages',
  'delegate',
  ...['echo', 'slow', 'broken', 'refusing', 'huge'].map((name) => named(name)),
  named('echo', 'careful'),
  named('hanging', 'fast'),
  named('echo', 'safe'),
  named('slow', 'safe'),
];

export async function startAgentWorld(
  env: Record<string, string> = {},
  options: { ownServers?: boolean } = {},
): Promise<AgentWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-'));
  const file = join(folder, 'calls');
  const args = [await buildToolServer(folder), file];
  const server = { transport: 'stdio', command: process.execPath, args };
  const servers = [
    { ...server, name: 'tools' },
    { ...server, name: 'careful', needsApproval: true },
    { ...server, name: 'fast', timeoutMs: 300 },
    { ...server, name: 'safe', idempotent: true },
  ];
  const world = await startNarrativeWorld({ MCP_SERVERS: JSON.stringify(servers), ...env }, options);
  return {
    ...world,
    async newAgent(settings = {}) {
      const wish = { kind: 'agent', enabledTools, ...settings };
      const { body: chat } = await world.service().client.send<Chat>('POST', '/v1/chats', wish);
      return { chat, path: `/v1/chats/${chat.id}` };
    },
    made: async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean),
    async dispose() {
      await world.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
