import { areTooManyMissing } from '../../domain/turns/decideReconcile.js';
import type { Namespace } from '../../domain/turns/reconcile.js';
import { inParallel } from '../../lib/inParallel.js';
import { returnToOutbox } from '../webhooks/deliveries.js';
import { readLastPass, storePass } from './reconcilerState.js';
import { closeTurn, type ReconcileDeps, type Reconciled, reconcileTurn } from './reconcileTurn.js';
import { readUnfinished, type Unfinished } from './unfinished.js';

/**
 * Counts of turns in one pass. `looked`: all that were compared. `missing` and `elsewhere`: those that it refused to
 * close.
 */
export type Pass = {
  namespace: Namespace;
  looked: number;
  started: number;
  closed: number;
  floorPassed: number;
  recovered: number;
  missing: number;
  elsewhere: number;
  failed: number;
};

export type PassOptions = {
  /** Turns that were started less than this many milliseconds ago are skipped. */
  olderThanMs: number;
  /** Milliseconds after which the pass ends. The next pass continues after its last turn. */
  withinMs: number;
  onProgress: () => void;
  onFailed: (turnId: string, error: unknown) => void;
};

const PAGE = 200;
const CONCURRENCY = 8;

/**
 * Reconciles all turns that have not ended. An error about one turn does not affect the others. Turns whose workflow is
 * not found are closed at the end of the pass, unless there are too many: then Temporal has probably lost its data or
 * the address leads to another server, and an operator has to decide. In another namespace than that of the last pass,
 * deliveries to webhooks begin again: no operator has to decide about them, since they are at least once.
 */
export async function reconcilePass(deps: ReconcileDeps, options: PassOptions): Promise<Pass> {
  const pass = emptyPass(await deps.workflows.namespace());
  const last = await readLastPass(deps.pool);
  if (last.namespaceId !== null && last.namespaceId !== pass.namespace.id) await returnToOutbox(deps.pool);
  const missing: Unfinished[] = [];
  const compare = async (turn: Unfinished): Promise<void> => {
    const done = await safely(turn, options, () => reconcileTurn(deps, turn));
    if (done === 'missing') missing.push(turn);
    count(pass, done);
    options.onProgress();
  };
  const eachPage = (page: Unfinished[]) => inParallel(page, CONCURRENCY, compare);
  const resumeAfter = await eachUnfinished(deps, { ...options, from: last.resumeAfter }, eachPage);
  if (!areTooManyMissing({ missing: missing.length, looked: pass.looked }))
    await inParallel(missing, CONCURRENCY, async (turn) => {
      const done = await safely(turn, options, () => closeMissing(deps, turn));
      if (done !== 'missing') pass.missing -= 1;
      if (done === 'closed') pass.closed += 1;
      options.onProgress();
    });
  await storePass(deps.pool, pass, resumeAfter);
  return pass;
}

/**
 * Visits pages of turns until none are left or the time is up. Returns the turn after which the next pass continues.
 */
async function eachUnfinished(
  { pool }: ReconcileDeps,
  { olderThanMs, withinMs, from }: PassOptions & { from: string | null },
  visit: (page: Unfinished[]) => Promise<void>,
): Promise<string | null> {
  const until = performance.now() + withinMs;
  for (let after = from; ; ) {
    const page = await readUnfinished(pool, { olderThanMs, limit: PAGE, ...(after ? { after } : {}) });
    await visit(page);
    if (page.length < PAGE) return null;
    after = page.at(-1)?.start.turnId ?? null;
    if (performance.now() > until) return after;
  }
}

/** Closes a missing turn after a second query of Temporal: the first answer may be from a server that was starting. */
async function closeMissing(deps: ReconcileDeps, turn: Unfinished): Promise<Reconciled> {
  const again = await reconcileTurn(deps, turn);
  return again === 'missing' ? closeTurn(deps, turn.start.turnId, 'workflow_lost') : again;
}

async function safely(
  turn: Unfinished,
  { onFailed }: PassOptions,
  work: () => Promise<Reconciled>,
): Promise<Reconciled | 'failed'> {
  try {
    return await work();
  } catch (error) {
    onFailed(turn.start.turnId, error);
    return 'failed';
  }
}

const emptyPass = (namespace: Namespace): Pass => ({
  namespace,
  looked: 0,
  started: 0,
  closed: 0,
  floorPassed: 0,
  recovered: 0,
  missing: 0,
  elsewhere: 0,
  failed: 0,
});

function count(pass: Pass, done: Reconciled | 'failed'): void {
  if (done === 'elsewhere') {
    pass.elsewhere += 1;
    return;
  }
  pass.looked += 1;
  if (done === 'floor_passed') pass.floorPassed += 1;
  else if (done !== 'nothing') pass[done] += 1;
}
