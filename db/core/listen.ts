import pg from 'pg';
import { backoffMs } from '../../lib/backoff.js';
import { readOnlyReason } from './readOnlyReason.js';

export type Listener = {
  /** Calls the listener when a chat's log has grown to `seq`. */
  onChange(listener: (chatId: string, seq: number) => void): void;
  /** Calls the listener when the status of a turn has changed. */
  onStatus(listener: (chatId: string, turnId: string) => void): void;
  /** Calls the listener at each connection. Notifications from before it are lost. */
  onListening(listener: () => void): void;
  readonly listening: boolean;
  close(): Promise<void>;
};

export type ListenerOptions = {
  url: string;
  /** Called when the connection is lost or can't be made. The listener connects again by itself. */
  onError?: (error: Error) => void;
  /** Milliseconds between checks that Postgres still answers and accepts writes. */
  probeMs?: number;
};

/** Throws when the server is read-only: after a failover, the old server stays connected and sends no notifications. */
async function mustTakeWrites(client: pg.Client): Promise<void> {
  const why = await readOnlyReason(client);
  if (why) throw new Error(why);
}

/** Listens for notifications of commits on one connection. Connects again, with backoff, when it is lost. */
export function createListener({ url, onError = () => {}, probeMs = 5_000 }: ListenerOptions): Listener {
  const changeListeners: ((chatId: string, seq: number) => void)[] = [];
  const statusListeners: ((chatId: string, turnId: string) => void)[] = [];
  const connectListeners: (() => void)[] = [];
  let closed = false;
  let listening = false;
  let tries = 0;
  let retry: NodeJS.Timeout | undefined;
  let client: pg.Client;

  function dispatch({ channel, payload = '' }: pg.Notification) {
    const colon = payload.indexOf(':');
    const chatId = payload.slice(0, colon);
    const rest = payload.slice(colon + 1);
    if (channel === 'chat_log') for (const listener of changeListeners) listener(chatId, Number(rest));
    else for (const listener of statusListeners) listener(chatId, rest);
  }

  async function connect() {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'gateway-listener',
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    client = next;
    let lost = false;
    let probe: NodeJS.Timeout | undefined;
    const reconnect = (error: Error) => {
      if (lost) return;
      lost = true;
      clearInterval(probe);
      listening = false;
      next.end().catch(() => {}); // the connection is lost already
      if (closed) return;
      onError(error);
      retry = setTimeout(() => void connect(), backoffMs(tries));
      tries += 1;
    };
    next.on('error', reconnect);
    next.on('end', () => reconnect(new Error('Postgres ended the listening connection')));
    next.on('notification', dispatch);
    try {
      await next.connect();
      await next.query('listen chat_log; listen turn_status');
      await mustTakeWrites(next);
    } catch (error) {
      return reconnect(error as Error);
    }
    if (closed || lost) return;
    probe = setInterval(() => mustTakeWrites(next).catch(reconnect), probeMs);
    tries = 0;
    listening = true;
    for (const listener of connectListeners) listener();
  }

  void connect();
  return {
    onChange: (listener) => void changeListeners.push(listener),
    onStatus: (listener) => void statusListeners.push(listener),
    onListening(listener) {
      connectListeners.push(listener);
      if (listening) listener();
    },
    get listening() {
      return listening;
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      await client.end().catch(onError);
    },
  };
}
