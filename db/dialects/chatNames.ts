import { type ChatLimits, createChatIn, type NewChat } from '../chats/newChat.js';
import { type Db, type Pool, transaction } from '../core/pool.js';

/** A chat as the clients of a mount name it. */
export type ChatName = { owner: string; mount: string; clientId: string };

/** The id of the chat that a name stands for, as SQL: of the parameters of the owner, the mount and the client's id. */
export const namedChatId = (owner: string, mount: string, clientId: string): string =>
  `(select c.id from dialect_chats d join chats c on c.id = d.chat_id and c.owner = d.owner
    where d.owner = ${owner} and d.mount = ${mount} and d.client_id = ${clientId}
    union all select c.id from chats c where c.owner = ${owner} and c.id = ${clientId} limit 1)`;

/** The chat that a client's name stands for. One of our own ids names itself. Null when the owner has no such chat. */
export async function findNamedChat(db: Db, { owner, mount, clientId }: ChatName): Promise<string | null> {
  const { rows } = await db.query<{ id: string | null }>(`select ${namedChatId('$1', '$2', '$3')} as id`, [
    owner,
    mount,
    clientId,
  ]);
  return rows[0]?.id ?? null;
}

/**
 * Finds the chat of a name, or makes it. Requests that bring the same new name at once get the same chat. `isFit`: whether
 * the chat that the name stands for can be used; if not, the name stands for a new one from now on.
 */
export async function findOrMakeChat(
  pool: Pool,
  name: ChatName,
  fields: NewChat,
  { limits = {}, isFit = () => true }: { limits?: ChatLimits; isFit?: (chatId: string) => boolean } = {},
): Promise<{ chatId: string; made: boolean }> {
  return transaction(pool, async (tx) => {
    const { owner, mount, clientId } = name;
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [[owner, mount, clientId].join('\n')]);
    const known = await findNamedChat(tx, name);
    if (known && isFit(known)) return { chatId: known, made: false };
    const { id } = await createChatIn(tx, owner, fields, limits);
    await tx.query(
      `insert into dialect_chats (owner, mount, client_id, chat_id) values ($1, $2, $3, $4)
       on conflict (owner, mount, client_id) do update set chat_id = excluded.chat_id`,
      [owner, mount, clientId, id],
    );
    return { chatId: id, made: true };
  });
}
