import type { Db } from '../core/pool.js';

/** The character that the owner plays. */
export type You = { id: 'you'; name: string; persona: string };

/** The character of an owner who has not set one. */
const defaultYou: You = { id: 'you', name: 'You', persona: '' };

/** Reads the owner's character, or the default one. */
export async function readYou(db: Db, owner: string): Promise<You> {
  const { rows } = await db.query<{ name: string; persona: string }>('select name, persona from you where owner = $1', [
    owner,
  ]);
  return rows[0] ? { id: 'you', ...rows[0] } : defaultYou;
}

/** Sets the name and persona of the owner's character. */
export async function putYou(db: Db, owner: string, you: { name: string; persona: string }): Promise<You> {
  await db.query(
    `insert into you (owner, name, persona) values ($1, $2, $3)
     on conflict (owner) do update set name = excluded.name, persona = excluded.persona, updated_at = now()`,
    [owner, you.name, you.persona],
  );
  return { id: 'you', ...you };
}
