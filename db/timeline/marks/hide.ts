import type { Tx } from '../../core/pool.js';
import type { Moved } from '../../projections/handler.js';
import { setHidden } from './storeMarks.js';
import { readRootsAfter, readRootsOf, refoldVersions } from './versionMarks.js';

type RolledBack = { seq: number; turnId: string };

/** The rollbacks that a rewind hides or that its undoing restores, oldest first: seldom any. */
async function readRollbacks(tx: Tx, chatId: string, which: string, params: number[]): Promise<RolledBack[]> {
  const { rows } = await tx.query<RolledBack>(
    `select e.seq, e.data->>'turnId' as "turnId" from events e
     where e.chat_id = $1 and e.kind = 'turn_rolled_back' and ${which} order by e.seq`,
    [chatId, ...params],
  );
  return rows;
}

/** Hides what a turn appended before its rollback. */
const hideBefore = (tx: Tx, chatId: string, { seq, turnId }: RolledBack): Promise<Moved[]> =>
  setHidden(tx, '$3', 'e.turn_id = $2 and e.seq < $3 and e.hidden_by is null', [chatId, turnId, seq]);

/** A rollback: hides its turn, and with it the choice of a version that the turn made. */
export async function hideTurn(tx: Tx, chatId: string, rolledBack: RolledBack): Promise<Moved[]> {
  const moved = await hideBefore(tx, chatId, rolledBack);
  return moved.concat(await refoldVersions(tx, chatId, await readRootsOf(tx, chatId, [rolledBack.turnId])));
}

/** How much of the log one statement updates: it has to end before the statement timeout, on a busy server too. */
const RANGE = 4_000;

/** The parts of the log between two events, without both. */
function* rangesOf(after: number, before: number): Generator<[since: number, until: number]> {
  for (let since = after; since + 1 < before; since += RANGE) yield [since, Math.min(since + RANGE + 1, before)];
}

/**
 * A rewind: hides the events after its point that no earlier rewind hides. What rollbacks among them had hidden before
 * the point is restored.
 */
export async function hideAfter(
  tx: Tx,
  chatId: string,
  { seq, toSeq }: { seq: number; toSeq: number },
): Promise<Moved[]> {
  const rollbacks = await readRollbacks(tx, chatId, 'e.seq > $2 and e.seq < $3 and e.hidden_by is null', [toSeq, seq]);
  const rolledBack = rollbacks.map((each) => each.seq);
  const roots = await readRootsAfter(tx, chatId, { after: toSeq, before: seq });
  const visible = `e.kind <> 'chat_created' and (e.hidden_by is null or e.hidden_by = any($4::integer[]))`;
  const hidden: Moved[] = [];
  for (const [since, until] of rangesOf(toSeq, seq)) {
    const part = `e.seq > $2 and e.seq < least($3::integer, $5::integer) and ${visible}`;
    hidden.push(...(await setHidden(tx, '$3', part, [chatId, since, seq, rolledBack, until])));
  }
  const turnIds = rollbacks.map(({ turnId }) => turnId);
  const restored = turnIds.length === 0 ? [] : await restore(tx, chatId, { rolledBack, turnIds });
  const affected = [...new Set([...roots, ...(await readRootsOf(tx, chatId, turnIds))])];
  return [...hidden, ...restored, ...(await refoldVersions(tx, chatId, affected))];
}

const restore = (tx: Tx, chatId: string, { rolledBack, turnIds }: { rolledBack: number[]; turnIds: string[] }) =>
  setHidden(tx, 'null', 'e.turn_id = any($2::text[]) and e.hidden_by = any($3::integer[])', [
    chatId,
    turnIds,
    rolledBack,
  ]);

/** An undone rewind: restores what it hid, and the rollbacks among that apply again. */
export async function unhide(tx: Tx, chatId: string, rewindSeq: number): Promise<Moved[]> {
  const toSeq = await readPoint(tx, chatId, rewindSeq);
  const moved: Moved[] = [];
  for (const [since, until] of rangesOf(toSeq, rewindSeq)) {
    const part = 'e.seq > $2 and e.seq < $4 and e.hidden_by = $3';
    moved.push(...(await setHidden(tx, 'null', part, [chatId, since, rewindSeq, until])));
  }
  const range = [toSeq, rewindSeq];
  const rollbacks = await readRollbacks(tx, chatId, 'e.seq > $2 and e.seq < $3 and e.hidden_by is null', range);
  const again: Moved[] = [];
  for (const rollback of rollbacks) again.push(...(await hideBefore(tx, chatId, rollback)));
  const roots = await readRootsAfter(tx, chatId, { after: toSeq, before: rewindSeq });
  const turnIds = rollbacks.map(({ turnId }) => turnId);
  const affected = [...new Set([...roots, ...(await readRootsOf(tx, chatId, turnIds))])];
  return [...moved, ...again, ...(await refoldVersions(tx, chatId, affected))];
}

async function readPoint(tx: Tx, chatId: string, rewindSeq: number): Promise<number> {
  const { rows } = await tx.query<{ toSeq: number }>(
    `select (e.data->>'toSeq')::integer as "toSeq" from events e where e.chat_id = $1 and e.seq = $2`,
    [chatId, rewindSeq],
  );
  return rows[0]!.toSeq;
}
