import type { ChatEvent } from '../../domain/log/events.js';
import type { DeliveryKey } from '../../domain/webhooks/delivery.js';
import type { Db } from '../core/pool.js';
import { type SealingKey, unseal } from '../core/sealed.js';
import { type EventRow, toChatEvent } from '../timeline/log.js';
import { secretOf } from './webhooks.js';

/** What the start of a delivery's workflow needs. */
export type PendingDelivery = DeliveryKey & { owner: string; kind: string };

/** The most workflows of one webhook at once. Further deliveries wait in the outbox. */
const OPEN_PER_WEBHOOK = 1_000;

/**
 * Deliveries whose workflow is yet to be started, at most `perWebhook` of a webhook, oldest first. `webhookIds`: null for
 * all. A receiver that does not answer holds back only its own webhook. Those of a deleted chat are left out: its workflows
 * have been deleted from Temporal, and the rows wait for their purge.
 */
export async function readPending(db: Db, webhookIds: string[] | null, perWebhook: number): Promise<PendingDelivery[]> {
  const { rows } = await db.query<PendingDelivery>(
    `select w.id as "webhookId", w.owner, d.chat_id as "chatId", d.seq, coalesce(e.kind, '') as kind
     from webhooks w
     cross join lateral (
       select d.chat_id, d.seq from webhook_deliveries d where d.webhook_id = w.id and d.started_at is null
         and exists (select from chats c where c.id = d.chat_id)
       order by d.created_at limit greatest(0, least($2, ${OPEN_PER_WEBHOOK} - (
         select count(*) from (select from webhook_deliveries o where o.webhook_id = w.id and o.started_at is not null
                               limit ${OPEN_PER_WEBHOOK}) as open)))
     ) as d
     left join events e on e.chat_id = d.chat_id and e.seq = d.seq
     where $1::text[] is null or w.id = any($1)`,
    [webhookIds, perWebhook],
  );
  return rows;
}

/** Marks deliveries whose workflows Temporal has taken. One that has ended meanwhile has no row. */
export async function markStarted(db: Db, keys: DeliveryKey[]): Promise<void> {
  await db.query(
    `update webhook_deliveries d set started_at = now() from unnest($1::text[], $2::text[], $3::integer[]) as k (w, c, s)
     where d.webhook_id = k.w and d.chat_id = k.c and d.seq = k.s and d.started_at is null`,
    [keys.map(({ webhookId }) => webhookId), keys.map(({ chatId }) => chatId), keys.map(({ seq }) => seq)],
  );
}

/**
 * Returns all open deliveries to the outbox, because Temporal has lost their workflows. Starting one whose workflow is
 * still there is a no-op, and one that was sent without being recorded is sent again.
 */
export async function returnToOutbox(db: Db): Promise<void> {
  await db.query('update webhook_deliveries set started_at = null where started_at is not null');
}

/** A delivery as it is sent. `secret` is null when it can't be decrypted. `failures`: attempts that failed before. */
export type Delivery = {
  url: string;
  secret: string | null;
  byOperator: boolean;
  failures: number;
  event: ChatEvent;
};

/** Reads an open delivery. Null when it has ended, or its webhook or its chat was deleted. */
export async function readDelivery(db: Db, key: SealingKey | null, of: DeliveryKey): Promise<Delivery | null> {
  const { rows } = await db.query<EventRow & Omit<Delivery, 'secret' | 'event'> & { owner: string; sealed: Buffer }>(
    `select w.owner, w.url, w.sealed_secret as sealed, w.by_operator as "byOperator", d.failures,
       e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by
     from webhook_deliveries d join webhooks w on w.id = d.webhook_id join chats c on c.id = d.chat_id
       join events e on e.chat_id = d.chat_id and e.seq = d.seq
     where d.webhook_id = $1 and d.chat_id = $2 and d.seq = $3 and c.owner = w.owner`,
    [of.webhookId, of.chatId, of.seq],
  );
  const row = rows[0];
  if (!row) return null;
  const { owner, url, sealed, byOperator, failures, ...event } = row;
  return {
    url,
    secret: key && unseal(key, sealed, secretOf(owner, of.webhookId)),
    byOperator,
    failures,
    event: toChatEvent(event),
  };
}

/** Counts an attempt that failed. Returns how many did. */
export async function countFailure(db: Db, { webhookId, chatId, seq }: DeliveryKey): Promise<number> {
  const { rows } = await db.query<{ failures: number }>(
    `update webhook_deliveries set failures = failures + 1 where webhook_id = $1 and chat_id = $2 and seq = $3
     returning failures`,
    [webhookId, chatId, seq],
  );
  return rows[0]?.failures ?? 1;
}

/** Ends a delivery. */
export async function endDelivery(db: Db, { webhookId, chatId, seq }: DeliveryKey): Promise<void> {
  await db.query('delete from webhook_deliveries where webhook_id = $1 and chat_id = $2 and seq = $3', [
    webhookId,
    chatId,
    seq,
  ]);
}

/** Deletes a webhook whose receiver answered that it is gone, with its open deliveries. */
export async function dropWebhook(db: Db, webhookId: string): Promise<void> {
  await db.query(
    `with gone as (delete from webhooks where id = $1)
     delete from webhook_deliveries where webhook_id = $1`,
    [webhookId],
  );
}

const EXPIRED_AT_ONCE = 1_000;

/**
 * Removes deliveries that are older than `olderThanMs`: whose workflow was terminated, which never found a place, or whose
 * webhook was deleted while the event was appended. Returns how many of them had a webhook.
 */
export async function removeExpired(db: Db, olderThanMs: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `with gone as (
       delete from webhook_deliveries where ctid = any(array(
         select ctid from webhook_deliveries where created_at < now() - $1 * interval '1 millisecond' limit ${EXPIRED_AT_ONCE}))
       returning webhook_id
     ) select count(*) from gone where webhook_id in (select id from webhooks)`,
    [olderThanMs],
  );
  return rows[0]?.count ?? 0;
}
