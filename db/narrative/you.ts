import type { Db } from '../core/pool.js';

/** The owner's own character. */
export type You = { id: 'you'; name: string; persona: string };

/** Who an owner is before they have said so. */
const unnamed: You = { id: 'you', name: 'You', persona: '' };

export async function readYou(db: Db, owner: string): Promise<You> {
  const { rows } = await db.query<{ name: string; persona: string }>('select name, persona from you where owner = $1', [
    owner,
  ]);
  return rows[0] ? { id: 'you', ...rows[0] } : unnamed;
}

export async function putYou(db: Db, owner: string, you: { name: string; persona: string }): Promise<You> {
  await db.query(
    `insert into you (owner, name, persona) values ($1, $2, $3)
     on conflict (owner) do update set name = excluded.name, persona = excluded.persona, updated_at = now()`,
    [owner, you.name, you.persona],
  );
  return { id: 'you', ...you };
}
