import pg from 'pg';
import { backoffMs } from '../../lib/backoff.js';
import { whyNoWrites } from './cannotWrite.js';

export type Listener = {
  /** A chat's log has grown to `seq`. */
  onChange(listener: (chatId: string, seq: number) => void): void;
  onStatus(listener: (chatId: string, turnId: string) => void): void;
  /** It listens, for the first time or again: what happened before went unheard. */
  onListening(listener: () => void): void;
  readonly listening: boolean;
  close(): Promise<void>;
};

export type ListenerOptions = {
  url: string;
  /** Called when the connection is lost or can't be made; it is tried again. */
  onError?: (error: Error) => void;
  /** Milliseconds between questions to Postgres whether it still answers and takes writes. */
  probeMs?: number;
};

/** A server that takes no writes notifies of nothing: after a failover that is the old one, still connected. */
async function mustTakeWrites(client: pg.Client): Promise<void> {
  const why = await whyNoWrites(client);
  if (why) throw new Error(why);
}

/** One connection that listens to what commits, and comes back by itself after it was lost. */
export function createListener({ url, onError = () => {}, probeMs = 5_000 }: ListenerOptions): Listener {
  const changed: ((chatId: string, seq: number) => void)[] = [];
  const statusChanged: ((chatId: string, turnId: string) => void)[] = [];
  const listens: (() => void)[] = [];
  let closed = false;
  let listening = false;
  let tries = 0;
  let retry: NodeJS.Timeout | undefined;
  let client: pg.Client;

  function hear({ channel, payload = '' }: pg.Notification) {
    const colon = payload.indexOf(':');
    const chatId = payload.slice(0, colon);
    const rest = payload.slice(colon + 1);
    if (channel === 'chat_log') for (const tell of changed) tell(chatId, Number(rest));
    else for (const tell of statusChanged) tell(chatId, rest);
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
    const lose = (error: Error) => {
      if (lost) return;
      lost = true;
      clearInterval(probe);
      listening = false;
      next.end().catch(() => {}); // it is lost already
      if (closed) return;
      onError(error);
      retry = setTimeout(() => void connect(), backoffMs(tries));
      tries += 1;
    };
    next.on('error', lose);
    next.on('end', () => lose(new Error('Postgres ended the listening connection')));
    next.on('notification', hear);
    try {
      await next.connect();
      await next.query('listen chat_log; listen turn_status');
      await mustTakeWrites(next);
    } catch (error) {
      return lose(error as Error);
    }
    if (closed || lost) return;
    probe = setInterval(() => mustTakeWrites(next).catch(lose), probeMs);
    tries = 0;
    listening = true;
    for (const tell of listens) tell();
  }

  void connect();
  return {
    onChange: (listener) => void changed.push(listener),
    onStatus: (listener) => void statusChanged.push(listener),
    onListening(listener) {
      listens.push(listener);
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
