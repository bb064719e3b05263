import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Balancer = { url: string; close(): Promise<void> };

/** A load balancer of TCP connections, in turn over those servers that accept them. */
export async function startBalancer(ports: number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;

  function track(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  }

  function forward(near: Socket, tries: number): void {
    const port = ports[turn++ % ports.length];
    if (near.destroyed) return;
    if (tries === 0 || port === undefined) return void near.destroy();
    const far = track(connect(port, '127.0.0.1'));
    const next = () => forward(near, tries - 1);
    far.once('error', next);
    far.once('connect', () => {
      far.off('error', next);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
  }

  const server = createServer((near) => {
    track(near).on('error', () => near.destroy());
    forward(near, ports.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
