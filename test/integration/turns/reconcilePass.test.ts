import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { acceptNamespace } from '../../../db/reconciler/acceptNamespace.js';
import { type Pass, type PassOptions, reconcilePass } from '../../../db/reconciler/reconcilePass.js';
import { readRefused } from '../../../db/reconciler/reconcilerState.js';
import type { TurnWorkflows } from '../../../db/reconciler/reconcileTurn.js';
import { openTurn } from '../../../db/turns/openTurn.js';
import { readTurn } from '../../../db/turns/turnView.js';
import type { FoundWorkflow } from '../../../domain/turns/reconcile.js';
import { inParallel } from '../../../lib/inParallel.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

const here = 'namespace-here';
const running: FoundWorkflow = { status: 'running', runId: 'run', failing: null };
const terminated: FoundWorkflow = { status: 'closed', runId: 'run', closedAs: 'TERMINATED' };
const notFound: FoundWorkflow = { status: 'not_found' };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('truncate turns, reconciler cascade');
  await database.pool.query('update chats set active_turn_id = null');
});

/** The port to Temporal, with the workflows that the test says. `listed`: those that its list has as running. */
function temporal(found: (turnId: string) => FoundWorkflow, listed?: (turnId: string) => boolean) {
  const started: string[] = [];
  const described: string[] = [];
  let open = 0;
  let most = 0;
  const workflows: TurnWorkflows = {
    namespace: async () => ({ id: here, name: 'default', clusterId: null }),
    async start({ turnId }) {
      started.push(turnId);
    },
    async describe(turnId) {
      described.push(turnId);
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return found(turnId);
    },
    listRunning: async (turnIds) =>
      new Set(turnIds.filter((turnId) => (listed ? listed(turnId) : found(turnId).status === 'running'))),
    terminate: async () => undefined,
  };
  return { workflows, started, described, most: () => most };
}

/** A turn that has the floor of a chat of its own, and whose workflow ran in that namespace; null: never ran. */
async function newTurn(namespaceId: string | null = here): Promise<string> {
  const { pool } = database;
  const { chatId } = await seedChat(pool);
  const { turn } = await claim(pool, chatId);
  if (namespaceId !== null) await openTurn(pool, turn.id, { runId: 'run', namespaceId, titlesChats: false });
  return turn.id;
}
async function newTurns(count: number, namespaceId?: string | null): Promise<string[]> {
  const turnIds: string[] = [];
  await inParallel(Array.from({ length: count }), 4, async () => void turnIds.push(await newTurn(namespaceId)));
  return turnIds;
}

async function pass(workflows: TurnWorkflows, more: Partial<PassOptions> = {}): Promise<Pass & { errors: string[] }> {
  const errors: string[] = [];
  const done = await reconcilePass(
    { pool: database.pool, workflows, model: 'm' },
    {
      olderThanMs: 0,
      withinMs: 30_000,
      onProgress: () => undefined,
      onFailed: (turnId) => errors.push(turnId),
      ...more,
    },
  );
  return { ...done, errors };
}
const statusOf = async (turnId: string) => (await readTurn(database.pool, { turnId, owner }))?.status;
const statuses = async (turnIds: string[]) => [...new Set(await Promise.all(turnIds.map(statusOf)))];

describe('a pass of the reconciler', () => {
  test('handles all other turns when one throws', async () => {
    const [bad = '', ...good] = await newTurns(12);
    const { workflows } = temporal((turnId) => {
      if (turnId === bad) throw new Error('no answer');
      return terminated;
    });
    expect(await pass(workflows)).toMatchObject({ looked: 12, closed: 11, failed: 1, errors: [bad] });
    expect(await statuses(good)).toEqual(['failed']);
    expect(await statusOf(bad)).toBe('running');
  });

  test('describes no more than eight workflows at once', async () => {
    await newTurns(30);
    const { workflows, most } = temporal(() => running);
    expect(await pass(workflows)).toMatchObject({ looked: 30, closed: 0 });
    expect(most()).toBe(8);
  });

  test('describes a part of the turns that are listed as running, and all of them within some passes', async () => {
    const turnIds = await newTurns(120);
    const { workflows, described } = temporal(() => running);
    for (let passes = 1; passes <= 4; passes++) {
      const before = described.length;
      expect(await pass(workflows)).toMatchObject({ looked: 120, failed: 0 });
      expect(described.length - before).toBeLessThan(80);
    }
    expect(described.toSorted()).toEqual(turnIds.toSorted());
  }, 60_000);

  test('closes a turn at once that is not listed, among many that are', async () => {
    const [ended = '', lost = ''] = await newTurns(70);
    const gone = new Map<string, FoundWorkflow>([
      [ended, terminated],
      [lost, notFound],
    ]);
    const { workflows } = temporal((turnId) => gone.get(turnId) ?? running);
    expect(await pass(workflows)).toMatchObject({ looked: 70, closed: 2, missing: 0 });
  }, 60_000);

  test('closes no turn when those that it describes are missing, though all are listed', async () => {
    const turnIds = await newTurns(70);
    const { workflows } = temporal(
      () => notFound,
      () => true,
    );
    expect(await pass(workflows)).toMatchObject({ looked: 70, closed: 0 });
    expect(await statuses(turnIds)).toEqual(['running']);
  }, 60_000);

  test('describes all turns where Temporal lists none', async () => {
    await newTurns(60);
    const { workflows, described } = temporal(() => running);
    workflows.listRunning = () => Promise.reject(new Error('no list'));
    expect(await pass(workflows)).toMatchObject({ looked: 60, failed: 0 });
    expect(described).toHaveLength(60);
  }, 60_000);

  test('ignores turns that were started in another namespace, found or not', async () => {
    const elsewhere = await newTurns(3, 'namespace-of-another-server');
    const { workflows, started } = temporal(() => notFound);
    expect(await pass(workflows)).toMatchObject({ elsewhere: 3, looked: 0, closed: 0 });
    expect(await statuses(elsewhere)).toEqual(['running']);
    expect(started).toEqual([]);
    expect(await readRefused(database.pool, here)).toEqual({ elsewhere: 3, missing: 0 });
  });

  test('starts a turn that was never started, and stores its namespace before', async () => {
    const turnId = await newTurn(null);
    const { workflows, started } = temporal(() => notFound);
    expect(await pass(workflows)).toMatchObject({ started: 1 });
    expect(started).toEqual([turnId]);
    const { rows } = await database.pool.query('select namespace_id from turns where id = $1', [turnId]);
    expect(rows).toEqual([{ namespace_id: here }]);
  });

  test('closes three turns whose workflow is not found, and refuses to close more at once', async () => {
    const few = await newTurns(3);
    const { workflows } = temporal(() => notFound);
    expect(await pass(workflows)).toMatchObject({ closed: 3, missing: 0 });
    expect(await statuses(few)).toEqual(['failed']);
    const many = await newTurns(4);
    expect(await pass(workflows)).toMatchObject({ closed: 0, missing: 4 });
    expect(await statuses(many)).toEqual(['running']);
    expect(await readRefused(database.pool, here)).toEqual({ elsewhere: 0, missing: 4 });
  });

  test('closes turns that were terminated while it refuses to close those not found', async () => {
    const [ended = '', ...lost] = await newTurns(6);
    const { workflows } = temporal((turnId) => (turnId === ended ? terminated : notFound));
    expect(await pass(workflows)).toMatchObject({ closed: 1, missing: 5 });
    expect([await statusOf(ended), await statuses(lost)]).toEqual(['failed', ['running']]);
  });

  test('does not close a turn whose workflow is found at a second look', async () => {
    const turnId = await newTurn();
    const answers = [notFound, running];
    const { workflows } = temporal(() => answers.shift() ?? running);
    expect(await pass(workflows)).toMatchObject({ closed: 0, missing: 0 });
    expect(await statusOf(turnId)).toBe('running');
  });

  test('that runs out of time is continued by the next one', async () => {
    await newTurns(201);
    const { workflows } = temporal(() => running);
    expect(await pass(workflows, { withinMs: 0 })).toMatchObject({ looked: 200 });
    expect(await pass(workflows, { withinMs: 0 })).toMatchObject({ looked: 1 });
    expect(await pass(workflows, { withinMs: 0 })).toMatchObject({ looked: 200 });
  }, 60_000);
});

describe('an operator who confirms that the workflows are lost', () => {
  const accept = (workflows: TurnWorkflows, lost: 'close' | 'restart') =>
    acceptNamespace({ pool: database.pool, workflows, model: 'm' }, { lost, onFailed: () => undefined });

  test('closes their turns, keeps those that run here, and starts those that never ran', async () => {
    const lost = [...(await newTurns(5)), ...(await newTurns(2, 'namespace-of-another-server'))];
    const [kept, fresh] = [await newTurn('namespace-of-another-server'), await newTurn(null)];
    const { workflows, started } = temporal((turnId) => (turnId === kept ? running : notFound));
    expect(await accept(workflows, 'close')).toEqual({ found: 1, started: 1, closed: 7, failed: 0 });
    expect(await statuses(lost)).toEqual(['failed']);
    expect([await statusOf(kept), started]).toEqual(['running', [fresh]]);
    expect(await readRefused(database.pool, here)).toEqual({ elsewhere: 0, missing: 0 });
  });

  test('may run them again in the connected namespace', async () => {
    const lost = await newTurns(5, 'namespace-of-another-server');
    const { workflows, started } = temporal(() => notFound);
    expect(await accept(workflows, 'restart')).toMatchObject({ started: 5, closed: 0 });
    expect(started.sort()).toEqual(lost.sort());
    expect(await readRefused(database.pool, here)).toEqual({ elsewhere: 0, missing: 0 });
  });
});
