import type { Card } from '../../domain/narrative/cards/readCard.js';
import { mustBeWithinLimit, type StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { breaksForeignKey, type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { type Image, storeAvatar } from './avatars.js';
import { storeCard } from './cards.js';
import { clearGuestEverywhere } from './guests.js';

export type Character = {
  id: string;
  name: string;
  persona: string;
  greeting: string | null;
  hasAvatar: boolean;
  createdAt: Date;
  updatedAt: Date;
};

/** The fields of a character that clients set. */
export type CharacterFields = { name: string; persona: string; greeting: string | null };
/** Fields that are left out keep their value. */
export type CharacterChange = { [K in keyof CharacterFields]?: CharacterFields[K] | undefined };

const hasAvatar = 'exists (select from character_avatars a where a.character_id = characters.id) as "hasAvatar"';
const columns = `id, name, persona, greeting, ${hasAvatar}, created_at as "createdAt", updated_at as "updatedAt"`;

/** What of an imported card is kept beside the character's own fields. */
export type Imported = { card: Card; avatar: Image | null };

/** Bytes of a character as they count: its texts, the card as JSON, and the avatar. */
const bytesOf = ({ persona, greeting }: Partial<CharacterFields>, imported?: Imported): number =>
  Buffer.byteLength(persona ?? '') +
  Buffer.byteLength(greeting ?? '') +
  (imported ? Buffer.byteLength(JSON.stringify(imported.card)) : 0) +
  (imported?.avatar?.bytes.length ?? 0);

/**
 * Creates a character, with its card if it was imported. Throws `ChatRefused` when the owner already has `max`, or has no
 * room for it.
 */
export function createCharacter(
  pool: Pool,
  owner: string,
  fields: CharacterFields,
  { max, imported, storedBytes }: { max?: number | undefined; imported?: Imported } & StoredLimit = {},
): Promise<Character> {
  return transaction(pool, async (tx) => {
    await mustBeWithinLimit(tx, 'characters', owner, max);
    await mustHaveRoom(tx, owner, bytesOf(fields, imported), storedBytes);
    const { rows } = await tx.query<Character>(
      `insert into characters (id, owner, name, persona, greeting) values ($1, $2, $3, $4, $5) returning ${columns}`,
      [newId('chr'), owner, fields.name, fields.persona, fields.greeting],
    );
    const created = rows[0]!;
    if (!imported) return created;
    await storeCard(tx, created.id, imported.card);
    if (imported.avatar) await storeAvatar(tx, created.id, imported.avatar);
    return { ...created, hasAvatar: imported.avatar !== null };
  });
}

const list: ListSpec = {
  columns: `id, name, ${hasAvatar}, created_at as "createdAt", updated_at as "updatedAt"`,
  from: 'characters',
  where: 'owner = $1',
  key: 'id',
  bytes: 'octet_length(name)',
};
const listWithBody: ListSpec = {
  ...list,
  columns,
  bytes: 'octet_length(name) + octet_length(persona) + coalesce(octet_length(greeting), 0)',
};

/** A page of the owner's characters, oldest first. Persona and greeting are included only with `withBody`. */
export function listCharacters(
  db: Db,
  owner: string,
  { withBody, ...page }: Page & { withBody: boolean },
): Promise<(Omit<Character, 'persona' | 'greeting'> & Partial<Character>)[]> {
  return readPage(db, withBody ? listWithBody : list, owner, page);
}

/** Reads a character. Null when the owner has no such character. */
export async function readCharacter(db: Db, owner: string, id: string): Promise<Character | null> {
  const { rows } = await db.query<Character>(`select ${columns} from characters where id = $1 and owner = $2`, [
    id,
    owner,
  ]);
  return rows[0] ?? null;
}

/**
 * Changes a character. Null when the owner has no such character. Throws `ChatRefused` when there is no room for longer
 * texts.
 */
export function changeCharacter(
  pool: Pool,
  owner: string,
  id: string,
  change: CharacterChange,
  { storedBytes }: StoredLimit = {},
): Promise<Character | null> {
  return transaction(pool, async (tx) => {
    const { rows: before } = await tx.query<Pick<Character, 'persona' | 'greeting'>>(
      'select persona, greeting from characters where id = $1 and owner = $2 for no key update',
      [id, owner],
    );
    if (!before[0]) return null;
    const { persona = before[0].persona, greeting = before[0].greeting } = change;
    const more = bytesOf({ persona, greeting }) - bytesOf(before[0]);
    if (more > 0) await mustHaveRoom(tx, owner, more, storedBytes);
    const { rows } = await tx.query<Character>(
      `update characters set name = coalesce($2, name), persona = $3, greeting = $4, updated_at = now()
       where id = $1 returning ${columns}`,
      [id, change.name, persona, greeting],
    );
    return rows[0] ?? null;
  });
}

const deleteAttempts = 5;

/**
 * Deletes a character that hosts no chat, and removes it from the chats in which it is a guest. Foreign keys prevent
 * deleting the host of a chat that is created at the same time. If the character becomes a guest at the same time, the
 * deletion is tried again.
 */
export async function deleteCharacter(
  pool: Pool,
  owner: string,
  id: string,
): Promise<'deleted' | 'not_found' | 'in_use'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(pool, async (tx) => {
        await clearGuestEverywhere(tx, owner, id);
        const { rowCount } = await tx.query('delete from characters where id = $1 and owner = $2', [id, owner]);
        return rowCount === 1 ? 'deleted' : 'not_found';
      });
    } catch (error) {
      if (!breaksForeignKey(error)) throw error;
      if (await hostsChat(pool, id)) return 'in_use';
      if (attempt === deleteAttempts) throw error;
    }
  }
}

async function hostsChat(db: Db, id: string): Promise<boolean> {
  const { rowCount } = await db.query('select from chats where host_id = $1 limit 1', [id]);
  return rowCount === 1;
}
