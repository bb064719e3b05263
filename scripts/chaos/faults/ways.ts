import { askThrough } from '../world/probe.js';
import { type Direction, type WayName, wayNames } from '../world/proxies.js';
import { type Fault, fired, missed } from './fault.js';
import { pause } from './pause.js';

/** What goes wrong between two parts: connections that are cut, that are slow, and that nothing comes through. */

function cut(way: WayName): Fault {
  const name = `cut ${way}`;
  return {
    name,
    weight: 2,
    target: `way ${way}`,
    async run({ stage, dice, recovery, signal }) {
      const proxy = stage.proxies.ways[way];
      const before = await proxy.connections();
      await proxy.close();
      const streams = recovery.mark(name);
      try {
        const after = await proxy.connections();
        const ms = dice.pick([0, 300, 1_500, 4_000]) ?? 0;
        await pause(ms, signal);
        if (after >= before) return missed(`${before} connections before, ${after} after`);
        return fired(`${before - after} connections cut, closed for ${ms} ms, ${streams} streams in flight`);
      } finally {
        await proxy.open();
      }
    },
  };
}

function slow(way: WayName): Fault {
  const name = `delay ${way}`;
  return {
    name,
    weight: 1,
    target: `way ${way}`,
    async run({ stage, dice, recovery, signal }) {
      const proxy = stage.proxies.ways[way];
      const latency = dice.between(200, 1_200);
      const stream = dice.pick<Direction>(['upstream', 'downstream']) ?? 'upstream';
      await proxy.add({ name, type: 'latency', stream, attributes: { latency, jitter: 0 } });
      recovery.mark(name);
      try {
        const [connections, took] = [await proxy.connections(), await askThrough(way, proxy.port, 10_000)];
        await pause(dice.between(2_000, 5_000), signal);
        if (connections === 0) return missed('there was no connection');
        if (took === null || took < latency) return missed(`an answer took ${took} ms`);
        return fired(`${connections} connections, an answer took ${took} ms`);
      } finally {
        await proxy.remove(name);
      }
    },
  };
}

/** Connections stay, and what is sent one way never arrives; at the end they are closed. */
function halfOpen(way: WayName): Fault {
  const name = `half-open ${way}`;
  return {
    name,
    weight: 1,
    target: `way ${way}`,
    async run({ stage, dice, recovery, signal }) {
      const proxy = stage.proxies.ways[way];
      const stream = dice.pick<Direction>(['upstream', 'downstream']) ?? 'upstream';
      const connections = await proxy.connections();
      await proxy.add({ name, type: 'timeout', stream, attributes: { timeout: 0 } });
      const streams = recovery.mark(name);
      try {
        const took = await askThrough(way, proxy.port, 1_500);
        await pause(dice.between(1_000, 6_500), signal);
        if (connections === 0) return missed('there was no connection');
        if (took !== null) return missed(`an answer came after ${took} ms`);
        return fired(`${connections} connections, nothing came through ${stream}, ${streams} streams in flight`);
      } finally {
        await proxy.remove(name);
      }
    },
  };
}

export const wayFaults: Fault[] = wayNames.flatMap((way) => [cut(way), slow(way), halfOpen(way)]);
