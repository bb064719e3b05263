import type { StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';

export type Image = { mediaType: string; bytes: Buffer };

/** Stores the avatar of a character, in place of an earlier one. */
export async function storeAvatar(tx: Tx, characterId: string, { mediaType, bytes }: Image): Promise<void> {
  await tx.query(
    `insert into character_avatars (character_id, media_type, bytes) values ($1, $2, $3)
     on conflict (character_id) do update set media_type = $2, bytes = $3`,
    [characterId, mediaType, bytes],
  );
}

/**
 * Replaces the avatar of an owner's character; null removes it. False when the owner has no such character. Throws
 * `ChatRefused` when there is no room for a larger one.
 */
export function changeAvatar(
  pool: Pool,
  { owner, characterId }: { owner: string; characterId: string },
  image: Image | null,
  { storedBytes }: StoredLimit = {},
): Promise<boolean> {
  return transaction(pool, async (tx) => {
    // Clients read an image again when the character has changed.
    const { rowCount } = await tx.query('update characters set updated_at = now() where id = $1 and owner = $2', [
      characterId,
      owner,
    ]);
    if (rowCount !== 1) return false;
    if (image) {
      const more = image.bytes.length - (await bytesOfAvatar(tx, characterId));
      if (more > 0) await mustHaveRoom(tx, owner, more, storedBytes);
      await storeAvatar(tx, characterId, image);
    } else await tx.query('delete from character_avatars where character_id = $1', [characterId]);
    return true;
  });
}

async function bytesOfAvatar(tx: Tx, characterId: string): Promise<number> {
  const { rows } = await tx.query<{ bytes: number }>(
    'select octet_length(bytes) as bytes from character_avatars where character_id = $1',
    [characterId],
  );
  return rows[0]?.bytes ?? 0;
}

/** Reads the avatar of an owner's character. Null when there is no such character, or it has none. */
export async function readAvatar(db: Db, owner: string, characterId: string): Promise<Image | null> {
  const { rows } = await db.query<Image>(
    `select a.media_type as "mediaType", a.bytes from character_avatars a
     join characters c on c.id = a.character_id where c.id = $1 and c.owner = $2`,
    [characterId, owner],
  );
  return rows[0] ?? null;
}
