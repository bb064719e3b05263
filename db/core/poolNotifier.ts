import { createNotifier, type Notification, type Notifier } from './notifier.js';
import type { Db } from './pool.js';
import { isDatabaseAway } from './unavailable.js';

/** The notifier of a pool. `onError` is called for notifications that were given up. */
export function createPoolNotifier(db: Db, onError: (error: Error) => void = () => {}): Notifier {
  return createNotifier({
    send: (batch) => send(db, batch),
    isTemporary: isDatabaseAway,
    onDropped: (count, cause) => onError(new Error(`${count} notifications of commits were dropped`, { cause })),
  });
}

/** A statement outside of any transaction: the lock that its commit takes is held for no other work. */
const send = (db: Db, batch: Notification[]) =>
  db.query('select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as n (channel, payload)', [
    batch.map(({ channel }) => channel),
    batch.map(({ payload }) => payload),
  ]);
