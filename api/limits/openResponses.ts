import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** The responses that have not ended. Upgraded connections do not count. */
export type OpenResponses = {
  /** From now on each response has `Connection: close`, and idle connections are closed. */
  closeConnections(): void;
  /** Resolves once none is left. */
  idle(): Promise<void>;
  /** Closes all connections that were not upgraded, also those with open responses. */
  destroy(): void;
};

/** The interval at which idle connections are closed, in milliseconds. */
const closeIdleEveryMs = 50;

/** Parts of the api that wait for the end of one response. Above that, Node warns of a leak. */
const LISTENERS = 30;

export function watchResponses(server: Server): OpenResponses {
  const open = new Set<ServerResponse>();
  let waiting: (() => void)[] = [];
  let closing: NodeJS.Timeout | undefined;

  function setClose(response: ServerResponse) {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  }

  function gone(response: ServerResponse) {
    open.delete(response);
    if (open.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  // Before all other listeners, so that the header is set before they send anything.
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    open.add(response);
    response.setMaxListeners(LISTENERS);
    response.once('close', () => gone(response));
    if (closing) setClose(response);
  });
  server.once('close', () => clearInterval(closing));

  return {
    closeConnections() {
      if (closing) return;
      for (const response of open) setClose(response);
      closing = setInterval(() => server.closeIdleConnections(), closeIdleEveryMs);
    },
    idle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    destroy: () => server.closeAllConnections(),
  };
}
