import type { Level } from '../../../domain/agents/tools.js';

/** The configuration of an MCP server. */
export type McpServer = {
  name: string;
  /** The permission level of its tools. The server's own hints are not trusted. */
  level: Level;
  needsApproval: boolean;
  idempotent: boolean;
  timeoutMs: number;
  /** The names of the tools that are used; left out: all. */
  tools?: string[] | undefined;
} & (
  | { transport: 'stdio'; command: string; args: string[]; env?: Record<string, string> | undefined }
  | { transport: 'http'; url: string; headers?: Record<string, string> | undefined }
);

/** The source of a server's tools, as lists of tools name it. */
export const toolSource = ({ name }: Pick<McpServer, 'name'>): string => `mcp:${name}`;
