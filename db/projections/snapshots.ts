import type { Tx } from '../core/pool.js';

/**
 * Snapshots of rows that many events change: a row is folded again from the newest one before the change, and not from
 * the chat's beginning. A trigger deletes those that a change of marks outdates.
 */
export type Snapshot<Row> = { subject: string; seq: number; row: Row };

/** The most events of the log between two snapshots of a row. */
export const SNAPSHOT_DISTANCE = 512;

/** The seq of the newest snapshot of each subject that has one. */
export async function readNewestSnapshots(tx: Tx, chatId: string, subjects: string[]): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ subject: string; seq: number }>(
    `select s.subject, n.seq from unnest($2::text[]) as s(subject) cross join lateral (
       select seq from projection_snapshots where chat_id = $1 and subject = s.subject order by seq desc limit 1
     ) n`,
    [chatId, subjects],
  );
  return new Map(rows.map(({ subject, seq }) => [subject, seq]));
}

/** The newest snapshot of a subject before an event; null without one. */
export async function readSnapshot<Row>(
  tx: Tx,
  chatId: string,
  subject: string,
  before: number,
): Promise<Snapshot<Row> | null> {
  const { rows } = await tx.query<Snapshot<Row>>(
    `select subject, seq, state as row from projection_snapshots
     where chat_id = $1 and subject = $2 and seq < $3 order by seq desc limit 1`,
    [chatId, subject, before],
  );
  return rows[0] ?? null;
}

export async function writeSnapshots<Row>(tx: Tx, chatId: string, snapshots: Snapshot<Row>[]): Promise<void> {
  if (snapshots.length === 0) return;
  await tx.query(
    `insert into projection_snapshots (chat_id, subject, seq, state)
     select $1, s.subject, s.seq, s.row from jsonb_to_recordset($2::jsonb) as s(subject text, seq integer, row jsonb)
     on conflict (chat_id, subject, seq) do update set state = excluded.state`,
    [chatId, JSON.stringify(snapshots)],
  );
}
