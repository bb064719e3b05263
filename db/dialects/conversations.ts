import type { Db } from '../core/pool.js';

/** A chat as a client of a mount made it, with what the client attached to it. */
export type Conversation = { chatId: string; metadata: Record<string, string>; createdAt: Date };

/** Null when the owner has no such chat. Chats that were made in another way have no metadata. */
export async function findConversation(
  db: Db,
  { owner, mount, id }: { owner: string; mount: string; id: string },
): Promise<Conversation | null> {
  const { rows } = await db.query<Conversation>(
    `select c.id as "chatId", coalesce(d.metadata, '{}') as metadata, c.created_at as "createdAt"
     from chats c left join dialect_chats d on d.owner = c.owner and d.mount = $2 and d.client_id = c.id
     where c.owner = $1 and c.id = $3`,
    [owner, mount, id],
  );
  return rows[0] ?? null;
}

export async function keepMetadata(
  db: Db,
  { owner, mount, id }: { owner: string; mount: string; id: string },
  metadata: Record<string, string>,
): Promise<void> {
  await db.query(
    `insert into dialect_chats (owner, mount, client_id, chat_id, metadata) values ($1, $2, $3, $3, $4)
     on conflict (owner, mount, client_id) do update set metadata = excluded.metadata`,
    [owner, mount, id, JSON.stringify(metadata)],
  );
}
