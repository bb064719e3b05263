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
      const before = await proxy.bytes(stream);
      await proxy.add({ name, type: 'latency', stream, attributes: { latency, jitter: latency / 4 } });
      recovery.mark(name);
      try {
        await pause(dice.between(2_000, 5_000), signal);
        const passed = (await proxy.bytes(stream)).received - before.received;
        return passed > 0 ? fired(`${passed} bytes ${stream}, each ${latency} ms late`) : missed('nothing came by');
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
      const before = await proxy.bytes(stream);
      await proxy.add({ name, type: 'timeout', stream, attributes: { timeout: 0 } });
      const streams = recovery.mark(name);
      try {
        await pause(dice.between(2_000, 8_000), signal);
        const after = await proxy.bytes(stream);
        const lost = after.received - before.received - (after.sent - before.sent);
        if (connections === 0 && lost <= 0) return missed('there was no connection');
        return fired(`${connections} connections, ${lost} bytes lost ${stream}, ${streams} streams in flight`);
      } finally {
        await proxy.remove(name);
      }
    },
  };
}

export const wayFaults: Fault[] = wayNames.flatMap((way) => [cut(way), slow(way), halfOpen(way)]);
