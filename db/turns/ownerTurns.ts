import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';

/**
 * How many turns an owner may have at once: `turns` run or wait, `queuedTurns` wait for a floor. Turns that wait for an
 * operator do not count. Left out: any number.
 */
export type TurnLimits = { turns?: number | undefined; queuedTurns?: number | undefined };

type Counted = keyof TurnLimits;

const counted: Record<Counted, string> = {
  turns: "select from turns where owner = $1 and status in ('queued', 'running')",
  queuedTurns: "select from turns where owner = $1 and status = 'queued'",
};

/** More than the connections of all apis to Postgres: so many turns may be added while another is. */
const MARGIN = 500;

/**
 * Throws `ChatRefused` when the owner can't have one more turn. Far from a limit it takes no lock, so that turns of an
 * owner are accepted side by side; near it an advisory lock until the end of the transaction, so that they can't exceed
 * it together. The caller holds the lock of the turn's chat.
 */
export async function mustHaveTurnsLeft(
  tx: Tx,
  owner: string,
  limits: TurnLimits,
  status: 'running' | 'queued',
): Promise<void> {
  const whats: Counted[] = status === 'queued' ? ['turns', 'queuedTurns'] : ['turns'];
  const limited = whats.flatMap((what) => {
    const max = limits[what];
    return max === undefined ? [] : [{ what, max }];
  });
  const near = await Promise.all(limited.map(({ what, max }) => hasAtLeast(tx, owner, what, max - MARGIN)));
  if (!near.includes(true)) return;
  // Those that are refused anyway do not wait for the lock.
  await mustBeBelow(tx, owner, limited);
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`turns/${owner}`]);
  await mustBeBelow(tx, owner, limited);
}

async function mustBeBelow(tx: Tx, owner: string, limited: { what: Counted; max: number }[]): Promise<void> {
  const reached = await Promise.all(limited.map(({ what, max }) => hasAtLeast(tx, owner, what, max)));
  for (const [n, { what, max }] of limited.entries()) if (reached[n]) throw new ChatRefused('limit_reached', what, max);
}

/** Whether the owner has so many turns. Reads no more entries of the index than that. */
async function hasAtLeast(tx: Tx, owner: string, what: Counted, count: number): Promise<boolean> {
  if (count <= 0) return true;
  const { rowCount } = await tx.query(`${counted[what]} offset $2 limit 1`, [owner, count - 1]);
  return Boolean(rowCount);
}
