import { type Child, type ChildEvents, createChild } from '../../processes/child.js';
import { openLog } from '../../processes/childLog.js';
import { freePort } from '../../processes/ports.js';
import { untilListening } from '../../start/context.js';
import { establishedOn } from './sockets.js';

/** A proxied way between two parts; `api` is the one that clients and viewers come by. */
export const wayNames = ['postgres', 'temporal', 'gateway', 'provider', 'upstream', 'api'] as const;
export type WayName = (typeof wayNames)[number];

export type Direction = 'upstream' | 'downstream';
type Toxic = { name: string; type: string; stream: Direction; attributes: Record<string, number> };

export type Way = {
  name: WayName;
  port: number;
  /** Cuts every connection and refuses new ones until the way is open again. */
  close(): Promise<void>;
  open(): Promise<void>;
  add(toxic: Toxic): Promise<void>;
  remove(toxic: string): Promise<void>;
  /** Connections that clients of the proxy have open now. */
  connections(): Promise<number>;
};

export type Proxies = { child: Child; ways: Record<WayName, Way> };

type Setting = { binary: string; folder: string; events: ChildEvents; signal: AbortSignal };

/** Toxiproxy with one proxy for each way. Where a way leads is said once its end has a port. */
export async function startProxies({ binary, folder, events, signal }: Setting, ends: Record<WayName, number>) {
  const port = await freePort([], '127.0.0.1');
  const child = createChild(
    {
      name: 'toxiproxy',
      command: () => ({ file: binary, args: ['-host', '127.0.0.1', '-port', String(port)] }),
      ready: (pid, gone) => untilListening(pid, port, gone),
      output: { file: openLog(`${folder}/toxiproxy.log`) },
      stopSignal: 'SIGTERM',
      graceMs: 5_000,
    },
    events,
  );
  await child.start(signal);
  const order = client(`http://127.0.0.1:${port}`);
  const ways = {} as Record<WayName, Way>;
  for (const name of wayNames) ways[name] = await openWay(order, name, ends[name]);
  return { child, ways } satisfies Proxies;
}

type Order = (method: string, path: string, body?: object) => Promise<string>;

function client(base: string): Order {
  return async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok && response.status !== 404) throw new Error(`toxiproxy: ${method} ${path}: ${text}`);
    return text;
  };
}

async function openWay(order: Order, name: WayName, end: number): Promise<Way> {
  const port = await freePort([], '127.0.0.1');
  await order('POST', '/proxies', { name, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${end}`, enabled: true });
  const path = `/proxies/${name}`;
  return {
    name,
    port,
    close: async () => void (await order('POST', path, { enabled: false })),
    open: async () => void (await order('POST', path, { enabled: true })),
    add: async (toxic) => void (await order('POST', `${path}/toxics`, { ...toxic, toxicity: 1 })),
    remove: async (toxic) => void (await order('DELETE', `${path}/toxics/${toxic}`)),
    connections: () => establishedOn(port),
  };
}
