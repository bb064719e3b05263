import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** The requests whose responses have not ended. Upgraded connections do not count. */
export type OpenResponses = {
  readonly count: number;
  /** Sends `Connection: close` with each response from now on, and closes idle connections. */
  closeAfterwards(): void;
  /** Resolves once none is left. */
  idle(): Promise<void>;
  /** Closes all connections that were not upgraded. */
  cut(): void;
};

/** Milliseconds between looks for connections that have become idle. */
const idleTickMs = 50;

export function watchResponses(server: Server): OpenResponses {
  const open = new Set<ServerResponse>();
  let waiting: (() => void)[] = [];
  let closing: NodeJS.Timeout | undefined;

  function sayClose(response: ServerResponse) {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  }

  function gone(response: ServerResponse) {
    open.delete(response);
    if (open.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  // Before all other listeners, so that the header is set before anything is sent.
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    open.add(response);
    response.once('close', () => gone(response));
    if (closing) sayClose(response);
  });
  server.once('close', () => clearInterval(closing));

  return {
    get count() {
      return open.size;
    },
    closeAfterwards() {
      if (closing) return;
      for (const response of open) sayClose(response);
      closing = setInterval(() => server.closeIdleConnections(), idleTickMs);
    },
    idle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    cut: () => server.closeAllConnections(),
  };
}
