import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can stop passing bytes on: what is behind it looks like a process that was stopped by SIGSTOP. */
export type StallingProxy = {
  /** The given URL, by way of the proxy. */
  url: string;
  /** Nothing passes any more, in either direction; connections stay, and new ones are accepted and not answered. */
  stall(): void;
  resume(): void;
  close(): Promise<void>;
};

type Pair = { client: Socket; server: Socket };

export async function startStallingProxy(target: string): Promise<StallingProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  let stalled = false;

  const hold = ({ client, server }: Pair) => {
    for (const socket of [client, server]) socket.pause();
  };
  const release = ({ client, server }: Pair) => {
    for (const socket of [client, server]) socket.resume();
  };
  const listener = createServer({ pauseOnConnect: true }, (client) => {
    const pair = { client, server: connect(Number(port), hostname) };
    pairs.add(pair);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      // The end of one side is passed on when bytes would be.
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
    if (stalled) hold(pair);
    else release(pair);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port: own } = listener.address() as AddressInfo;

  return {
    url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(own) }).toString(),
    stall() {
      stalled = true;
      pairs.forEach(hold);
    },
    resume() {
      stalled = false;
      pairs.forEach(release);
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await closed;
    },
  };
}
