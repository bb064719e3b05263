import type { Logger } from 'pino';

export type SingleFlight = {
  /** Runs the work. While it runs already, it runs once more afterwards. */
  run(): void;
  close(): void;
};

/** Runs work at most once at a time. Logs the first failure of several in a row. */
export function createSingleFlight(
  work: () => Promise<void>,
  log: Pick<Logger, 'warn'>,
  failureMessage: string,
): SingleFlight {
  let running = false;
  let again = false;
  let failing = false;
  let closed = false;

  async function runOnce() {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing && !closed) log.warn({ err: error }, failureMessage);
      failing = true;
    }
  }

  async function runWhileAsked() {
    running = true;
    do {
      again = false;
      await runOnce();
    } while (again && !closed);
    running = false;
  }

  return {
    run() {
      if (closed) return;
      if (running) again = true;
      else void runWhileAsked();
    },
    close() {
      closed = true;
    },
  };
}
