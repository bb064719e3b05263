import { setImmediate as nextLoop } from 'node:timers/promises';
import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import { backoffMs } from '../../lib/backoff.js';
import { withinOr } from '../../lib/within.js';

export type RedisOptions = { url: string; log: Pick<Logger, 'info' | 'warn'> };

/**
 * What a connection is for: `publisher` and `subscriber` are the two of the wire, `counters` count requests. A connection
 * that is subscribed takes no other commands.
 */
type End = 'publisher' | 'subscriber' | 'counters';

/** The most commands that wait for an answer. Those beyond are rejected. */
const maxWaiting = 100_000;
/** Milliseconds between two pings, and the longest time that an answer to one may take. */
const pingEveryMs = 2_000;
/** Milliseconds without a sign of the server after which its connection is replaced. */
const silentMs = 10_000;
/** Milliseconds between two lines of the log about a Redis that is away: it may refuse each connection. */
const logEveryMs = 30_000;

const createRedis = ({ url }: RedisOptions, end: End) =>
  createClient({
    url,
    // A command that waited for Redis to return would be stale. A subscription is made as soon as there is a connection.
    disableOfflineQueue: end !== 'subscriber',
    commandsQueueMaxLength: maxWaiting,
    socket: { reconnectStrategy: (tries) => backoffMs(tries), connectTimeout: 2_000 },
  });

export type RedisClient = ReturnType<typeof createRedis>;

export type RedisConnection = {
  /** The client; null while Redis is away or does not answer. */
  client(): RedisClient | null;
  close(): void;
};

/**
 * A connection to Redis, which reconnects by itself. The client notices a connection that ends, but not a server that
 * hangs or that no packets reach any more, for which the system waits a quarter of an hour. So it is pinged, and replaced
 * after a while. `onOpen` is called once for each client, when it is connected.
 */
export function connectRedis(
  options: RedisOptions,
  end: End,
  onOpen: (client: RedisClient) => Promise<unknown> = async () => undefined,
): RedisConnection {
  const report = createReport(options.log, end);
  let current = open();
  const timer = setInterval(() => void look(), pingEveryMs);

  function open() {
    const client = createRedis(options, end);
    const opened = { client, seenAt: Date.now(), answers: false };
    client.once('ready', () => {
      onOpen(client).catch((error: unknown) => {
        report.away(error);
        opened.seenAt = 0; // replaced at the next look
      });
    });
    client.on('ready', () => {
      opened.seenAt = Date.now();
      // The system accepts connections for a server that hangs.
      void ping(opened);
    });
    client.on('error', (error) => {
      // One that could not be opened is replaced, however soon it is closed.
      if (opened.seenAt > 0) opened.seenAt = Date.now();
      opened.answers = false;
      report.away(error);
    });
    // Rejects only when it is closed before it was connected.
    client.connect().catch(() => undefined);
    return opened;
  }

  async function look(): Promise<void> {
    const { client } = current;
    if (Date.now() - current.seenAt > silentMs) {
      report.away(new Error(`no sign of it for ${silentMs} ms`));
      current = open();
      return client.destroy();
    }
    if (client.isReady) await ping(current);
  }

  async function ping(opened: ReturnType<typeof open>): Promise<void> {
    let answered = false;
    const pong = opened.client.ping().then(
      () => {
        answered = true;
        Object.assign(opened, { seenAt: Date.now(), answers: true });
        report.here();
      },
      () => undefined, // the connection ended, which is an error of the client
    );
    await withinOr(pingEveryMs, pong, null);
    // After a pause of this process the answer may be there, but not read.
    await nextLoop();
    if (answered || !opened.client.isReady) return;
    opened.answers = false;
    report.away(new Error(`no answer within ${pingEveryMs} ms`));
  }

  return {
    client: () => (current.client.isReady && current.answers ? current.client : null),
    close() {
      clearInterval(timer);
      current.client.destroy();
    },
  };
}

/** Logs when Redis is away, and when it is back. */
function createReport(log: RedisOptions['log'], end: End) {
  let isNew = true;
  let isReported = false;
  let warnedAt = -Infinity;
  return {
    away(err: unknown) {
      if (isReported || Date.now() - warnedAt < logEveryMs) return;
      log.warn({ end, err }, 'Redis is away; trying again');
      isReported = true;
      warnedAt = Date.now();
    },
    here() {
      if (isNew || isReported) log.info({ end }, 'connected to Redis');
      isNew = false;
      isReported = false;
    },
  };
}
