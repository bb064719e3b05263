import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** The requests of a server that are not answered to their end. Upgraded connections are not among them. */
export type OpenResponses = {
  readonly count: number;
  /** From now on each answer says that its connection is closed after it, and connections that idle are closed. */
  closeAfterwards(): void;
  /** Resolves once none is left. */
  idle(): Promise<void>;
  /** Cuts off what is left. */
  cut(): void;
};

/** A connection whose last answer went out a moment ago is closed so much later, in milliseconds. */
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

  // First of all listeners, so that the header is there before anything is sent.
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
