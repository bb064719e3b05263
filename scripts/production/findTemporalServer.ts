import { type FindOptions, findGoCommand } from '../processes/findGoCommand.js';

/** The version of the server in docker-compose.yml; a test compares the two. */
export const serverVersion = 'v1.31.0';

const server = {
  command: { name: 'The Temporal server', package: 'go.temporal.io/server/cmd/server', takes: 'several minutes' },
  file: 'temporal-server',
  folder: 'temporal-server',
  version: serverVersion,
  probe: ['--version'],
};

const sqlTool = {
  command: { name: 'temporal-sql-tool', package: 'go.temporal.io/server/cmd/tools/sql', takes: 'a minute' },
  file: 'temporal-sql-tool',
  folder: 'temporal-server',
  version: serverVersion,
  probe: ['--version'],
};

export type TemporalPrograms = { server: string; sqlTool: string };

/** Finds Temporal's server and the tool for its schema on the PATH or in the cache, or builds both with Go. */
export async function findTemporalServer(options: FindOptions): Promise<TemporalPrograms> {
  return { server: await findGoCommand(server, options), sqlTool: await findGoCommand(sqlTool, options) };
}
