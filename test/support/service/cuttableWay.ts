import { connect, createServer, type Socket } from 'node:net';

/** A way to a server through a port of its own, whose connections the test can cut. */
export type CuttableWay = {
  port: number;
  /**
   * Cuts the first connection on which the client sends `word`, some time after it sent `before` there: `word` arrives,
   * and its answer does not.
   */
  cutAfter(before: string, word: string): Promise<void>;
  /** Nothing arrives any more on the connections that are open now, as when packets are dropped. New ones work. */
  silence(): void;
  close(): Promise<void>;
};

export async function openCuttableWay(target: { host: string; port: number }): Promise<CuttableWay> {
  const sockets = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  let armed: { before: string; word: string; done: () => void } | null = null;
  const server = createServer((near) => {
    const far = connect(target.port, target.host);
    let isCut = false;
    let isMarked = false;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    near.on('data', (chunk) => {
      if (silent.has(near)) return;
      far.write(chunk);
      if (!armed) return;
      isMarked ||= chunk.includes(armed.before);
      if (!isMarked || !chunk.includes(armed.word)) return;
      armed.done();
      armed = null;
      isCut = true;
    });
    far.on('data', (chunk) => {
      if (isCut) near.destroy();
      else if (!silent.has(far)) near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cutAfter: (before, word) =>
      new Promise((done) => {
        armed = { before, word, done };
      }),
    silence() {
      for (const socket of sockets) silent.add(socket);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
