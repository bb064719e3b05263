import { setTimeout as delay } from 'node:timers/promises';
import {
  areTooManyMissing,
  estimateMissing,
  isDescribedIn,
  type ListedTurns,
} from '../../domain/turns/decideReconcile.js';
import type { Namespace } from '../../domain/turns/reconcile.js';
import { inParallel } from '../../lib/inParallel.js';
import { returnToOutbox } from '../webhooks/deliveries.js';
import { readLastPass, storePass } from './reconcilerState.js';
import { closeTurn, isElsewhere, type ReconcileDeps, type Reconciled, reconcileTurn } from './reconcileTurn.js';
import { countUnfinished, readUnfinished, type Unfinished } from './unfinished.js';

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
 * Turns that are listed and compared at once, and milliseconds between the beginnings of two such groups, less where there
 * are so many that the pass would take longer than `SPREAD_MS`: Temporal and the worker run turns beside.
 */
const GROUP = 25;
const GROUP_EVERY_MS = 250;
const SPREAD_MS = 6_000;

/**
 * Reconciles all turns that have not ended. Of those whose workflow Temporal lists as running it describes another part in
 * each pass; all others in each pass. An error about one turn does not affect the others. Turns whose workflow is not
 * found are closed at the end of the pass, unless there are too many: then Temporal has probably lost its data or the
 * address leads to another server, and an operator has to decide. In another namespace than that of the last pass,
 * deliveries to webhooks begin again: no operator has to decide about them, since they are at least once.
 */
export async function reconcilePass(deps: ReconcileDeps, options: PassOptions): Promise<Pass> {
  const pass = emptyPass(await deps.workflows.namespace());
  const last = await readLastPass(deps.pool);
  if (last.namespaceId !== null && last.namespaceId !== pass.namespace.id) await returnToOutbox(deps.pool);
  const which = { turns: await countUnfinished(deps.pool), pass: last.passes };
  const missing: Unfinished[] = [];
  const listed: ListedTurns = { turns: 0, described: 0, missing: 0 };
  const eachGroup = async (group: Unfinished[]) => {
    const running = await listRunning(deps, group, pass.namespace);
    await inParallel(group, CONCURRENCY, async (turn) => {
      const isListed = running.has(turn.start.turnId);
      if (isListed) listed.turns += 1;
      if (isListed && !isDescribedIn(turn.start.turnId, which)) return count(pass, 'nothing');
      const done = await safely(turn, options, () => reconcileTurn(deps, turn));
      if (done === 'missing') missing.push(turn);
      if (isListed) listed.described += 1;
      if (isListed && done === 'missing') listed.missing += 1;
      count(pass, done);
      options.onProgress();
    });
  };
  const pace = createPace(Math.min(GROUP_EVERY_MS, (SPREAD_MS * GROUP) / which.turns));
  const eachPage = async (page: Unfinished[]) => {
    for (let n = 0; n < page.length; n += GROUP) {
      await pace();
      await eachGroup(page.slice(n, n + GROUP));
      options.onProgress();
    }
  };
  const resumeAfter = await eachUnfinished(deps, { ...options, from: last.resumeAfter }, eachPage);
  if (!areTooManyMissing({ missing: estimateMissing(missing.length, listed), looked: pass.looked }))
    await inParallel(missing, CONCURRENCY, async (turn) => {
      const done = await safely(turn, options, () => closeMissing(deps, turn));
      if (done !== 'missing') pass.missing -= 1;
      if (done === 'closed') pass.closed += 1;
      options.onProgress();
    });
  await storePass(deps.pool, pass, resumeAfter);
  return pass;
}

/** Turns of the group that Temporal lists as running. Where it can't list them, all are described. */
async function listRunning(
  { workflows }: ReconcileDeps,
  group: readonly Unfinished[],
  here: Namespace,
): Promise<ReadonlySet<string>> {
  const turnIds = group.flatMap((turn) => (isElsewhere(turn, here) ? [] : [turn.start.turnId]));
  return workflows.listRunning(turnIds).catch(() => new Set<string>());
}

/** Resolves at once for the first call, and for others when `everyMs` have passed since the one before. */
function createPace(everyMs: number): () => Promise<void> {
  let next = 0;
  return async () => {
    const wait = next - performance.now();
    if (wait > 0) await delay(wait);
    next = performance.now() + everyMs;
  };
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
