import type { EventKind } from '../../domain/log/events.js';
import { type Limits, mustBeWithinLimit } from '../chats/ownerLimits.js';
import { newId } from '../core/ids.js';
import { type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { type SealingKey, seal } from '../core/sealed.js';

/** A webhook as its owner sees it. The secret is never returned. */
export type Webhook = { id: string; url: string; events: EventKind[]; createdAt: Date };

export type NewWebhook = { url: string; events: EventKind[]; secret: string };

const columns = `id, url, events, created_at as "createdAt"`;

/** What a sealed secret is bound to. */
export const secretOf = (owner: string, id: string) => `${owner}/${id}`;

/** Stores a webhook with its secret encrypted. Throws `ChatRefused` when the owner already has `limits.webhooks`. */
export function createWebhook(
  pool: Pool,
  key: SealingKey,
  { owner, isOperator }: { owner: string; isOperator: boolean },
  { url, events, secret }: NewWebhook,
  limits: Pick<Limits, 'webhooks'>,
): Promise<Webhook> {
  return transaction(pool, async (tx) => {
    await mustBeWithinLimit(tx, 'webhooks', owner, limits.webhooks);
    const id = newId('whk');
    const { rows } = await tx.query<Webhook>(
      `insert into webhooks (id, owner, url, events, sealed_secret, by_operator)
       values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
      [id, owner, url, [...new Set(events)], seal(key, secret, secretOf(owner, id)), isOperator],
    );
    return rows[0]!;
  });
}

const list: ListSpec = {
  columns,
  from: 'webhooks',
  where: 'owner = $1',
  key: 'id',
  bytes: 'octet_length(url) + 30 * cardinality(events)',
};

/** A page of the owner's webhooks, oldest first. */
export const listWebhooks = (db: Db, owner: string, page: Page): Promise<Webhook[]> =>
  readPage<Webhook>(db, list, owner, page);

/** Deletes a webhook with its open deliveries: an attempt that begins later sends nothing. False: there is none. */
export async function deleteWebhook(db: Db, owner: string, id: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    `with gone as (delete from webhooks where id = $1 and owner = $2 returning id),
       dropped as (delete from webhook_deliveries where webhook_id in (select id from gone))
     select exists (select from gone) as found`,
    [id, owner],
  );
  return rows[0]?.found ?? false;
}
