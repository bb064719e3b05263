import type { Db } from '../core/pool.js';

/** More names than a person chooses from. */
const MAX_NAMES = 500;

/** The ids of the owner's characters, and the personas of the owner's relay chats: each can answer like a model. */
export async function readAnswerers(db: Db, owner: string): Promise<{ characterIds: string[]; personas: string[] }> {
  const [characters, personas] = await Promise.all([
    db.query<{ id: string }>(`select id from characters where owner = $1 order by id limit ${MAX_NAMES}`, [owner]),
    db.query<{ persona: string }>(
      `select distinct settings->>'persona' as persona from chats
       where owner = $1 and kind = 'relay' and settings->>'persona' is not null order by persona limit ${MAX_NAMES}`,
      [owner],
    ),
  ]);
  return { characterIds: characters.rows.map(({ id }) => id), personas: personas.rows.map(({ persona }) => persona) };
}
