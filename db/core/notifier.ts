import { backoffMs } from '../../lib/backoff.js';
import { withinOr } from '../../lib/within.js';

/** A notification as gateways receive it (`db/core/listen.ts`). `payload` is `CHAT:SEQ` or `CHAT:TURN`. */
export type Notification = { channel: 'chat_log' | 'turn_status'; payload: string };

/** Sends notifications of commits, many of them in one statement. */
export type Notifier = {
  /** A chat's log has grown to `seq`. Only the highest seq of a chat is sent. */
  logGrew(chatId: string, seq: number): void;
  /** The status of a turn has changed. */
  statusChanged(chatId: string, turnId: string): void;
  /** Sends what is pending, for at most `CLOSE_WITHIN_MS`. What is added later is dropped. Never throws. */
  close(): Promise<void>;
};

export type NotifierOptions = {
  /** Sends a batch in one statement. Rejects when it is not known to be sent. */
  send: (batch: Notification[]) => Promise<unknown>;
  /** Whether a batch that failed may succeed later. */
  isTemporary: (error: unknown) => boolean;
  /** Called with the number of notifications that were not sent. Gateways read their chats every 5 s instead. */
  onDropped?: (count: number, error: unknown) => void;
};

/** Milliseconds between the starts of two statements, and the most that a slow server can make of it. */
const INTERVAL_MS = 5;
const MAX_INTERVAL_MS = 50;
/** Notifications of one statement. */
const MAX_BATCH = 500;
/** Notifications that wait. The oldest are dropped first. */
const MAX_PENDING = 10_000;
/** Tries of a batch in a row. With the pauses of `backoffMs` they last about 15 s. */
const MAX_TRIES = 20;
const CLOSE_WITHIN_MS = 1_000;

type Pending = { channel: 'chat_log'; chatId: string; seq: number } | { channel: 'turn_status'; payload: string };

/**
 * Collects notifications and sends them at once when none were sent lately, else with the next statement. At most one
 * statement runs at a time: a commit that notifies takes a lock of the whole Postgres server. Where a statement takes
 * long, the pause before the next one is as long.
 */
export function createNotifier({ send, isTemporary, onDropped = () => {} }: NotifierOptions): Notifier {
  const pending = new Map<string, Pending>();
  let cancelNext: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let notBefore = 0;
  let tries = 0;
  let overflowed = 0;
  let closed = false;

  function add(key: string, added: Pending) {
    if (closed) return;
    put(key, added);
    schedule();
  }

  function put(key: string, added: Pending) {
    const known = pending.get(key);
    pending.set(key, known ? newer(known, added) : added);
    const oldest = pending.size > MAX_PENDING ? pending.keys().next() : undefined;
    if (!oldest || oldest.done) return;
    pending.delete(oldest.value);
    overflowed += 1;
  }

  function schedule() {
    if (cancelNext || sending || closed || pending.size === 0) return;
    cancelNext = after(notBefore - performance.now(), flush);
  }

  function flush() {
    cancelNext = undefined;
    sending = sendBatch().finally(() => {
      sending = undefined;
      schedule();
    });
  }

  async function sendBatch() {
    const batch = [...pending].slice(0, MAX_BATCH);
    if (batch.length === 0) return;
    for (const [key] of batch) pending.delete(key);
    const startedAt = performance.now();
    try {
      await send(batch.map(([, each]) => toNotification(each)));
      tries = 0;
      const interval = Math.min(MAX_INTERVAL_MS, 2 * (performance.now() - startedAt));
      notBefore = startedAt + Math.max(INTERVAL_MS, interval);
    } catch (error) {
      failed(batch, error);
    }
    if (overflowed > 0) onDropped(overflowed, new Error(`more than ${MAX_PENDING} notifications were pending`));
    overflowed = 0;
  }

  function failed(batch: [string, Pending][], error: unknown) {
    notBefore = performance.now() + backoffMs(tries);
    tries += 1;
    if (isTemporary(error) && tries < MAX_TRIES) {
      for (const [key, each] of batch) put(key, each);
      return;
    }
    tries = 0;
    onDropped(batch.length, error);
  }

  async function flushAll() {
    cancelNext?.();
    await sending;
    do await sendBatch();
    while (pending.size > 0 && tries === 0);
  }

  return {
    logGrew: (chatId, seq) => add(`chat_log:${chatId}`, { channel: 'chat_log', chatId, seq }),
    statusChanged(chatId, turnId) {
      const payload = `${chatId}:${turnId}`;
      add(`turn_status:${payload}`, { channel: 'turn_status', payload });
    },
    async close() {
      if (closed) return;
      closed = true;
      await withinOr(CLOSE_WITHIN_MS, flushAll(), undefined);
    },
  };
}

const newer = (known: Pending, added: Pending): Pending =>
  known.channel === 'chat_log' && added.channel === 'chat_log' && known.seq > added.seq ? known : added;

const toNotification = (pending: Pending): Notification =>
  pending.channel === 'chat_log' ? { channel: 'chat_log', payload: `${pending.chatId}:${pending.seq}` } : pending;

/** Runs `work` after `ms` milliseconds, or when the commits that this turn of the event loop reports are in. */
function after(ms: number, work: () => void): () => void {
  if (ms > 0) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  }
  const immediate = setImmediate(work);
  return () => clearImmediate(immediate);
}
