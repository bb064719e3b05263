import { createServer } from 'node:net';

export type PortState = 'free' | 'taken' | 'forbidden' | 'no such host';

/** Whether a server can listen on this port now, or why not. */
export async function portState(port: number, host: string): Promise<PortState> {
  const probed = await listenOnce(port, host);
  return typeof probed === 'number' ? 'free' : probed;
}

/** The first wanted port that is free, else one that the system picks. Skips undefined ones. */
export async function freePort(wanted: (number | undefined)[], host: string): Promise<number> {
  for (const port of [...wanted, 0]) {
    if (port === undefined) continue;
    const probed = await listenOnce(port, host);
    if (typeof probed === 'number') return probed;
  }
  throw new Error(`no free port on ${host}`);
}

function listenOnce(port: number, host: string): Promise<number | Exclude<PortState, 'free'>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else if (error.code === 'EACCES') resolve('forbidden');
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') resolve('no such host');
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
