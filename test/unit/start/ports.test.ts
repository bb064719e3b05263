import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../config.js';
import { checkApiAddress, checkMetricsAddress } from '../../../scripts/processes/nodeChildren.js';
import { freePort, portState } from '../../../scripts/processes/ports.js';

let server: Server;
let taken: number;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  taken = (server.address() as { port: number }).port;
});

afterEach(() => {
  server.close();
});

describe('the ports of the launcher', () => {
  it('are the default ones while they are free', async () => {
    const free = await freePort([], '127.0.0.1');
    expect(await freePort([undefined, free, taken], '127.0.0.1')).toBe(free);
  });

  it('are others when the default ones are taken', async () => {
    const port = await freePort([taken], '127.0.0.1');
    expect(port).not.toBe(taken);
    expect(await portState(port, '127.0.0.1')).toBe('free');
  });

  it('that are set and taken are refused with a message that says what to do', async () => {
    await expect(checkApiAddress(taken, '127.0.0.1')).rejects.toThrow(
      /port \d+ on 127\.0\.0\.1 is taken by another program\. .* set PORT to another port/,
    );
  });

  it('for metrics are refused when they are set and taken, and looked at only when they are set', async () => {
    await expect(checkMetricsAddress(readConfig({ METRICS_PORT: String(taken) }))).rejects.toThrow(
      /^METRICS_PORT: port \d+ on 127\.0\.0\.1 is taken by another program\. .* set METRICS_PORT to another port/,
    );
    await checkMetricsAddress(readConfig({ METRICS_PORT: String(await freePort([], '127.0.0.1')) }));
    await checkMetricsAddress(readConfig({}));
  });

  it('on a host that this machine does not have are refused with its name', async () => {
    await expect(checkApiAddress(undefined, '192.0.2.1')).rejects.toThrow('this machine has no address 192.0.2.1');
  });
});
