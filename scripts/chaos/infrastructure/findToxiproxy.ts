import { type FindOptions, findGoCommand } from '../../processes/findGoCommand.js';

const toxiproxy = {
  command: { name: 'Toxiproxy', package: 'github.com/Shopify/toxiproxy/v2/cmd/server', takes: 'about a minute' },
  file: 'toxiproxy-server',
  folder: 'toxiproxy',
  version: 'v2.5.0',
  probe: ['-version'],
};

/** Finds `toxiproxy-server` on the PATH or in this project's cache, or builds it into the cache with Go. */
export const findToxiproxy = (options: FindOptions): Promise<string> => findGoCommand(toxiproxy, options);
