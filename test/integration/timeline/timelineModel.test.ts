import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Pool } from '../../../db/core/pool.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { rewindChat, undoRewind } from '../../../db/timeline/rewind.js';
import { editReply } from '../../../db/timeline/versions/editReply.js';
import { activateVersion, readVersions } from '../../../db/timeline/versions/versions.js';
import { greet } from '../../../domain/narrative/greeting.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { expectSameWhenImported } from '../../support/chats/importedCopy.js';
import { expectFolded, type Story, tellStory } from '../../support/chats/timeline.js';
import {
  activeOf,
  affinity,
  chosen,
  editedByHand,
  listed,
  type Model,
  type Past,
  regenerated,
  said,
  spoken,
} from '../../support/chats/timelineModel.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

const GREETING = 'Tea or rum?';

const delta = fc.integer({ min: -40, max: 40 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), delta }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), partial: fc.constantFrom('', 'in p') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll back' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('regenerate' as const), delta, edit: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail to regenerate' as const), edit: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('choose' as const), exchange: fc.nat(), version: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit by hand' as const), exchange: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rewind' as const), to: fc.nat(), undo: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look anywhere back' as const), to: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fork' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('export and import' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const lengthOf = async (story: Story) => (await story.log()).length;
const rewind = ({ chatId }: Story, toSeq: number) => rewindChat(pool, { chatId, owner, toSeq, interrupt: false });
const undo = ({ chatId }: Story) => undoRewind(pool, { chatId, owner });

/** Does the step to the chat, and says what its timeline ought to be then. */
async function run(story: Story, model: Model, past: Past, what: Step, order: number): Promise<[Model, Past]> {
  const then = async (next: Model, before: Past = past): Promise<[Model, Past]> => [
    next,
    [...before, { seq: await lengthOf(story), model: next }],
  ];
  switch (what.do) {
    case 'say': {
      const [prose, reply] = [`say ${order}`, `reply ${order}`];
      return then(
        said(model, { turnId: await story.say(prose, reply, what.delta), prose, reply, delta: what.delta, order }),
      );
    }
    case 'stop': {
      const prose = `say ${order}`;
      const turnId = await story.sayAndStop(prose, what.partial);
      return then(said(model, { turnId, prose, reply: what.partial || null, delta: null, order }));
    }
    case 'roll back':
      return then(await rollBack(story, model, order));
    case 'regenerate':
      return then(await regenerate(story, model, what, order));
    case 'fail to regenerate': {
      const last = model.at(-1);
      if (last)
        await story.finish(await story.regenerate(activeOf(last).turnId, what.edit ? 'lost' : undefined), 'failed');
      return then(model);
    }
    case 'choose':
      return then(await choose(model, what.exchange, what.version));
    case 'edit by hand':
      return then(await editByHand(model, what.exchange, order));
    case 'rewind': {
      const to = what.to % past.length;
      await rewind(story, past[to]!.seq);
      if (!what.undo) return then(past[to]!.model, past.slice(0, to + 1));
      await expectTimeline(story, past[to]!.model);
      await undo(story);
      return then(model);
    }
    case 'look anywhere back': {
      const before = await snapshot(story);
      await rewind(story, 1 + (what.to % before.log.length));
      await expectFolded(pool, story);
      await undo(story);
      const after = await snapshot(story);
      expect({ ...after, log: after.log.slice(0, -2) }).toEqual(before);
      return then(model);
    }
    case 'fork':
      await expectFork(story, model);
      return [model, past];
    case 'export and import':
      await expectSameWhenImported(pool, story.chatId);
      return [model, past];
  }
}

const snapshot = async (story: Story) => ({ log: await story.log(), projections: await story.projections() });

async function rollBack(story: Story, model: Model, order: number): Promise<Model> {
  const { turn } = await claim(pool, story.chatId, { text: 'gone' });
  await story.land(turn.id, 'gone');
  await story.followUp(turn.id, 30);
  const [prose, reply] = [`instead ${order}`, `reply ${order}`];
  const next = await claim(pool, story.chatId, { text: prose, whenBusy: 'rollback' });
  await story.finish(turn.id);
  await story.land(next.turn.id, reply);
  await story.finish(next.turn.id);
  return said(model, { turnId: next.turn.id, prose, reply, delta: null, order });
}

async function regenerate(
  story: Story,
  model: Model,
  how: { delta: number; edit: boolean },
  order: number,
): Promise<Model> {
  const last = model.at(-1);
  if (!last) return model;
  const [prose, reply] = [how.edit ? `edit ${order}` : activeOf(last).prose, `again ${order}`];
  const turnId = await story.sayAgain(last.versions[order % last.versions.length]!.turnId, reply, {
    delta: how.delta,
    ...(how.edit ? { text: prose } : {}),
  });
  return regenerated(model, { turnId, prose, reply, delta: how.delta, order });
}

async function choose(model: Model, anyExchange: number, anyVersion: number): Promise<Model> {
  const at = anyExchange % Math.max(1, model.length);
  const versions = model[at]?.versions.flatMap(({ turnId, reply }, i) => (reply === null ? [] : [{ turnId, i }])) ?? [];
  const version = versions[anyVersion % Math.max(1, versions.length)];
  const any = model[at]?.versions[0];
  if (!version || !any) return model;
  await activateVersion(pool, { turnId: any.turnId, versionId: version.turnId, owner });
  return chosen(model, at, version.i);
}

/** The version has the effects of the one that it edits: they count where these came. */
async function editByHand(model: Model, anyExchange: number, order: number): Promise<Model> {
  const at = anyExchange % Math.max(1, model.length);
  const edited = model[at] && activeOf(model[at]);
  if (!edited || edited.reply === null) return model;
  const reply = `by hand ${order}`;
  const { turnId } = await editReply(pool, { turnId: edited.turnId, owner, beat: 0, text: reply });
  return editedByHand(model, at, { ...edited, turnId, reply });
}

/** The timeline is as it ought to be, and so is what is folded from it. */
async function expectTimeline(story: Story, model: Model): Promise<void> {
  await expectFolded(pool, story);
  expect(await story.spoken()).toEqual([GREETING, ...spoken(model)]);
  const { edges = [], memories = [] } = await story.projections();
  expect(edges.find((edge) => edge.target_id === 'you')?.affinity).toBe(affinity(model));
  expect(memories).toHaveLength(model.filter((exchange) => activeOf(exchange).delta !== null).length);
  for (const { affinity, trust } of edges as { affinity: number; trust: number }[]) {
    expect(Math.min(affinity, trust)).toBeGreaterThanOrEqual(0);
    expect(Math.max(affinity, trust)).toBeLessThanOrEqual(100);
  }
}

async function expectVersions(model: Model): Promise<void> {
  for (const exchange of model) {
    const versions = await readVersions(pool, { turnId: activeOf(exchange).turnId, owner });
    const shown = versions?.map(({ turnId, active, beats }) => ({ turnId, active, text: beats[0]?.text }));
    expect(shown).toEqual(listed(exchange));
  }
}

async function expectFork(story: Story, model: Model): Promise<void> {
  const fork = await forkChat(pool, { chatId: story.chatId, owner, atSeq: await lengthOf(story) });
  const copy = tellStory(pool, { chatId: fork.id, hostId: fork.hostId ?? '' });
  await expectTimeline(copy, model);
  await copy.say('and on', 'it goes');
  expect(await copy.spoken()).toEqual([GREETING, ...spoken(model), 'and on', 'it goes']);
}

async function expectEachEffectOnce({ chatId }: Story): Promise<void> {
  const { rows } = await pool.query(
    'select turn_id, step, n from events where chat_id = $1 group by 1, 2, 3 having count(*) > 1',
    [chatId],
  );
  expect(rows).toEqual([]);
}

describe('any sequence of turns, stops, rollbacks, regenerations, edits by hand, activations, rewinds, undos and forks', () => {
  test('leaves the timeline of the model, projections equal to a rebuild from empty, and a dense log', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14, size: 'max' }), async (steps) => {
        const seeded = await seedChat(pool);
        const story = tellStory(pool, seeded);
        await story.append(
          null,
          'greeting',
          ...greet({ id: seeded.hostId, name: 'Mira', greeting: GREETING }, 'Robin'),
        );
        let model: Model = [];
        let past: Past = [{ seq: await lengthOf(story), model }];
        for (const [order, what] of steps.entries()) {
          [model, past] = await run(story, model, past, what, order);
          await expectTimeline(story, model);
        }
        await expectVersions(model);
        await expectFork(story, model);
        await expectEachEffectOnce(story);
      }),
      { numRuns: 20 },
    );
  }, 180_000);
});
