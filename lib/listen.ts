import type { Server } from 'node:net';

/** Where to listen; port 0 is any free one. */
export type ListenAt = { host: string; port: number };

/** Listens, and gives the port. Rejects when the port is taken or the host is none of this machine. */
export function listen(server: Server, { host, port }: ListenAt): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** The host as it stands in a URL: an IPv6 address in brackets. */
export const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);
