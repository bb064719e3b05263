import { type Child, type ChildEvents, createChild } from '../../processes/child.js';
import { openLog } from '../../processes/childLog.js';
import { freePort } from '../../processes/ports.js';
import { untilListening } from '../../start/context.js';
import { establishedOn } from './sockets.js';

/** The proxied links between two processes. `api` is the link of clients and viewers. */
export const linkNames = ['postgres', 'temporal', 'gateway', 'provider', 'upstream', 'api'] as const;
export type LinkName = (typeof linkNames)[number];

export type Direction = 'upstream' | 'downstream';
type Toxic = { name: string; type: string; stream: Direction; attributes: Record<string, number> };

export type Link = {
  name: LinkName;
  port: number;
  /** Closes every connection and refuses new ones until `open`. */
  close(): Promise<void>;
  open(): Promise<void>;
  add(toxic: Toxic): Promise<void>;
  remove(toxic: string): Promise<void>;
  /** The number of open connections to the proxy. */
  connections(): Promise<number>;
};

export type Proxies = { child: Child; links: Record<LinkName, Link> };

type ProxyOptions = { binary: string; folder: string; events: ChildEvents; signal: AbortSignal };

/** Starts Toxiproxy with one proxy for each link. `ends`: the port to which each link leads. */
export async function startProxies({ binary, folder, events, signal }: ProxyOptions, ends: Record<LinkName, number>) {
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
  const call = client(`http://127.0.0.1:${port}`);
  const links = {} as Record<LinkName, Link>;
  for (const name of linkNames) links[name] = await openLink(call, name, ends[name]);
  return { child, links } satisfies Proxies;
}

type Call = (method: string, path: string, body?: object) => Promise<string>;

function client(base: string): Call {
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

async function openLink(call: Call, name: LinkName, end: number): Promise<Link> {
  const port = await freePort([], '127.0.0.1');
  await call('POST', '/proxies', { name, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${end}`, enabled: true });
  const path = `/proxies/${name}`;
  return {
    name,
    port,
    close: async () => void (await call('POST', path, { enabled: false })),
    open: async () => void (await call('POST', path, { enabled: true })),
    add: async (toxic) => void (await call('POST', `${path}/toxics`, { ...toxic, toxicity: 1 })),
    remove: async (toxic) => void (await call('DELETE', `${path}/toxics/${toxic}`)),
    connections: () => establishedOn(port),
  };
}
