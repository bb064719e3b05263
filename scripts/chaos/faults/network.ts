import { probe } from '../infrastructure/probe.js';
import { type Direction, type LinkName, linkNames } from '../infrastructure/proxies.js';
import { type Fault, fired, missed } from './fault.js';
import { pause } from './pause.js';

/** Faults of the network between two processes: cut, slow and half-open connections. */

function cut(link: LinkName): Fault {
  const name = `cut ${link}`;
  return {
    name,
    weight: 2,
    target: `link ${link}`,
    async run({ testbed, random, recovery, signal }) {
      const proxy = testbed.proxies.links[link];
      const before = await proxy.connections();
      await proxy.close();
      const streams = recovery.mark(name);
      try {
        const after = await proxy.connections();
        const ms = random.pick([0, 300, 1_500, 4_000]) ?? 0;
        await pause(ms, signal);
        if (after >= before) return missed(`${before} connections before, ${after} after`);
        return fired(`${before - after} connections cut, closed for ${ms} ms, ${streams} streams in flight`);
      } finally {
        await proxy.open();
      }
    },
  };
}

function slow(link: LinkName): Fault {
  const name = `delay ${link}`;
  return {
    name,
    weight: 1,
    target: `link ${link}`,
    async run({ testbed, random, recovery, signal }) {
      const proxy = testbed.proxies.links[link];
      const latency = random.between(200, 1_200);
      const stream = random.pick<Direction>(['upstream', 'downstream']) ?? 'upstream';
      await proxy.add({ name, type: 'latency', stream, attributes: { latency, jitter: 0 } });
      recovery.mark(name);
      try {
        const [connections, took] = [await proxy.connections(), await probe(link, proxy.port, 10_000)];
        await pause(random.between(2_000, 5_000), signal);
        if (connections === 0) return missed('there was no connection');
        if (took === null || took < latency) return missed(`an answer took ${took} ms`);
        return fired(`${connections} connections, an answer took ${took} ms`);
      } finally {
        await proxy.remove(name);
      }
    },
  };
}

/** Connections stay open, and data in one direction never arrive. At the end the connections are closed. */
function halfOpen(link: LinkName): Fault {
  const name = `half-open ${link}`;
  return {
    name,
    weight: 1,
    target: `link ${link}`,
    async run({ testbed, random, recovery, signal }) {
      const proxy = testbed.proxies.links[link];
      const stream = random.pick<Direction>(['upstream', 'downstream']) ?? 'upstream';
      const connections = await proxy.connections();
      await proxy.add({ name, type: 'timeout', stream, attributes: { timeout: 0 } });
      const streams = recovery.mark(name);
      try {
        const took = await probe(link, proxy.port, 1_500);
        await pause(random.between(1_000, 6_500), signal);
        if (connections === 0) return missed('there was no connection');
        if (took !== null) return missed(`an answer came after ${took} ms`);
        return fired(`${connections} connections, nothing came through ${stream}, ${streams} streams in flight`);
      } finally {
        await proxy.remove(name);
      }
    },
  };
}

export const networkFaults: Fault[] = linkNames.flatMap((link) => [cut(link), slow(link), halfOpen(link)]);
