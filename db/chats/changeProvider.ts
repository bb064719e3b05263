import { type Pool, transaction } from '../core/pool.js';
import { type SealingKey, seal } from '../core/sealed.js';
import { boundTo, columns, type Listed, learned, type Provider, toProvider } from './providers.js';

/** What may change of a provider. Its base URL may not: a chat's key would go to another server. */
export type ProviderChange = { name?: string | undefined; apiKey?: string | undefined };

/**
 * Changes a provider; what is left out stays. A reply that has begun keeps the old key. `key` may be null where the change
 * has no `apiKey`. Null when the owner has no such provider.
 */
export async function changeProvider(
  pool: Pool,
  key: SealingKey | null,
  owner: string,
  id: string,
  { name, apiKey }: ProviderChange,
): Promise<Provider | null> {
  const sealed = key && apiKey !== undefined ? seal(key, apiKey, boundTo(owner, id)) : null;
  const { rows } = await pool.query<Listed>(
    `update providers set name = coalesce($3, name), sealed_key = coalesce($4, sealed_key)
     where id = $1 and owner = $2 returning ${columns}, ${learned}`,
    [id, owner, name ?? null, sealed],
  );
  return rows[0] ? toProvider(rows[0]) : null;
}

/**
 * Deletes a provider, its key and what was learnt of it. One that a chat, a turn
 * that has not ended or another provider refers to is in use. A chat
 * that is created at the same time keeps its row locked (`keepProvider`), so the references are read after the lock.
 */
export function deleteProvider(pool: Pool, owner: string, id: string): Promise<'deleted' | 'not_found' | 'in_use'> {
  return transaction(pool, async (tx) => {
    const found = await tx.query('select from providers where id = $1 and owner = $2 for update', [id, owner]);
    if (found.rowCount !== 1) return 'not_found';
    const { rows } = await tx.query<{ used: boolean }>(
      `select exists (select from chats where settings->>'providerId' = $1)
           or exists (select from chats where owner = $2 and created_settings->>'providerId' = $1)
           or exists (select from chats c join turns t on t.chat_id = c.id and t.status in ('running', 'awaiting_operator')
                      where c.owner = $2 and t.settings->>'providerId' = $1)
           or exists (select from chats c join turns t on t.chat_id = c.id and t.status = 'queued'
                      where c.owner = $2 and t.settings->>'providerId' = $1)
           or exists (select from providers where fallback_id = $1 and id <> $1) as used`,
      [id, owner],
    );
    if (rows[0]?.used) return 'in_use';
    await tx.query('delete from providers where id = $1', [id]);
    return 'deleted';
  });
}
