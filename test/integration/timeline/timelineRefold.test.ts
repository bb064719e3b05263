import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../../db/core/ids.js';
import type { Pool } from '../../../db/core/pool.js';
import { ChatRefused } from '../../../db/core/refused.js';
import { changeEdgeByHand } from '../../../db/narrative/changeEdge.js';
import { changeMemoryByHand, removeMemoryByHand, writeMemoryByHand } from '../../../db/narrative/changeMemories.js';
import { rewindChat, undoRewind } from '../../../db/timeline/rewind.js';
import { readVersionsOfTurns } from '../../../db/timeline/versions/activeVersions.js';
import { activateVersion } from '../../../db/timeline/versions/versions.js';
import type { NewEvent } from '../../../domain/log/events.js';
import { foldMarks, type LogLine } from '../../../domain/timeline/marks.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { addTurns } from '../../support/chats/longNarrative.js';
import { expectFolded, type Story, tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

/** A long chat about a document, so that events of all kinds change its projections. */
async function begin(turns: number): Promise<Story> {
  const chat = await seedChat(pool);
  const documentId = newId('doc');
  await pool.query("insert into documents (id, owner, title, body) values ($1, $2, 'T', 'One. Two.')", [
    documentId,
    owner,
  ]);
  await pool.query('update chats set document_id = $2 where id = $1', [chat.chatId, documentId]);
  if (turns > 0) await addTurns(database.url, chat.chatId, turns);
  return tellStory(pool, chat);
}

/** Ids of what earlier events made. Some of it may have left the timeline. */
type Made = { memories: string[]; scenes: string[]; story: string[]; changes: string[] };

const any = <T>(list: T[], which: number): T | undefined => list[which % Math.max(1, list.length)];

/** Events that a step of a turn appends, one of each kind in turn. */
function eventsOf(made: Made, which: number, messageSeq: number): NewEvent[] {
  const [sceneId, eventId, changeId] = [newId('scn'), newId('evt'), newId('chg')];
  const [memory, scene, story, change] = [made.memories, made.scenes, made.story, made.changes].map((list) =>
    any(list, which),
  );
  const steps = [{ id: `s${which}` }];
  const all: NewEvent[][] = [
    [{ kind: 'scene_opened', data: { sceneId, container: `place ${which}` } }],
    scene ? [{ kind: 'scene_closed', data: { sceneId: scene, endedAt: '2026-11-01T00:00:00.000Z' } }] : [],
    scene ? [{ kind: 'scene_summary', data: { sceneId: scene, povId: 'you', summary: `s ${which}` } }] : [],
    [{ kind: 'story_event_planned', data: { eventId, title: 't', description: 'd', artifacts: {} } }],
    story ? [{ kind: 'story_event_started', data: { eventId: story } }] : [],
    story ? [{ kind: 'story_event_completed', data: { eventId: story } }] : [],
    [{ kind: 'object_acquired', data: { ownerId: 'you', name: `object ${which}` } }],
    memory ? [{ kind: 'memory_pinned', data: { memoryId: memory } }] : [],
    memory ? [{ kind: 'memory_unpinned', data: { memoryId: memory } }] : [],
    memory ? [{ kind: 'memory_edited', data: { memoryId: memory, text: `m ${which}` } }] : [],
    memory ? [{ kind: 'memory_removed', data: { memoryId: memory } }] : [],
    [{ kind: 'edge_summary', data: { sourceId: 'you', targetId: 'other', summary: `e ${which}` } }],
    [{ kind: 'changes_proposed', data: { messageSeq, changeIds: [changeId], count: 1 } }],
    change ? [{ kind: 'change_accepted', data: { changeId: change } }] : [],
    change ? [{ kind: 'change_stale', data: { changeId: change } }] : [],
    [{ kind: 'model_selected', data: { modelId: `model ${which}` } }],
    [{ kind: 'graph_snapshot', data: { graphSnapshot: { name: `g ${which}`, rootStepId: `s${which}`, steps } } }],
    [{ kind: 'graph_plan', data: { plan: { of: which }, recordType: `r ${which}` } }],
    [{ kind: 'strategy_link', data: { strategyId: which % 3, isSaved: which % 2 === 0 } }],
    [{ kind: 'strategy_unlinked', data: { strategyId: which % 3 } }],
    [{ kind: 'graph_cleared', data: {} }],
  ];
  made.scenes.push(sceneId);
  made.story.push(eventId);
  made.changes.push(changeId);
  return any(all, which) ?? [];
}

const block = '<change><original>One.</original><proposed>Uno.</proposed><reason>r</reason></change>';

async function play(story: Story, made: Made, turnId: string, whiches: number[]): Promise<void> {
  await story.land(turnId, `A reply. ${block}`);
  await story.followUp(turnId, (whiches[0] ?? 0) % 9);
  const log = await story.log();
  const messageSeq = log.findLast(({ kind }) => kind === 'assistant_turn')!.seq;
  for (const event of log) if (event.kind === 'memory_written') made.memories.push(event.data.memoryId);
  for (const [i, which] of whiches.entries()) {
    const events = eventsOf(made, which, messageSeq);
    if (events.length > 0) await story.append(turnId, `more:${i}`, ...events);
  }
  await story.finish(turnId);
}

/** What a person does to the memories and edges of the chat, also to those that have left the timeline. */
async function changeByHand({ chatId, hostId }: Story, made: Made, which: number): Promise<void> {
  const chat = { owner, chatId };
  const text = `by hand ${which}`;
  const memoryId = any(made.memories, which);
  const changes: (() => Promise<unknown>)[] = [
    async () => {
      const written = { text, witnessIds: [hostId], significance: which % 4, pinned: which % 2 === 0 };
      made.memories.push((await writeMemoryByHand(pool, chat, written)).id);
    },
    async () => memoryId && changeMemoryByHand(pool, { ...chat, memoryId }, { text, significance: which % 4 }),
    async () => memoryId && changeMemoryByHand(pool, { ...chat, memoryId }, { pinned: which % 3 === 0 }),
    async () => memoryId && removeMemoryByHand(pool, { ...chat, memoryId }),
    () =>
      changeEdgeByHand(pool, chat, {
        sourceId: hostId,
        targetId: 'you',
        affinity: which % 101,
        summary: text,
        knowledgeFacts: [text],
      }),
  ];
  await any(changes, which)?.().catch((error: unknown) => {
    if (!(error instanceof ChatRefused) || error.code !== 'memory_not_found') throw error;
  });
}

const whiches = fc.array(fc.nat({ max: 1_000 }), { minLength: 2, maxLength: 6 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('say' as const), whiches }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('regenerate' as const), whiches }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('activate' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll back' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change by hand' as const), which: fc.nat({ max: 1_000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rewind' as const), to: fc.nat(), undo: fc.boolean() }) },
);

/** Every event has the marks that the whole log folds to. */
async function expectMarked(story: Story): Promise<void> {
  const log = await story.log();
  const marks = foldMarks(log as LogLine[], await readVersionsOfTurns(pool, story.chatId));
  const stored = log.map(({ seq, hiddenBy, supersededBy }) => ({ seq, hiddenBy, supersededBy }));
  expect(stored).toEqual(log.map(({ seq }) => ({ seq, ...marks.get(seq)! })));
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** `check` runs after each step: a rebuild there would renew what later steps start from. */
async function run(story: Story, steps: Step[], check: (story: Story) => Promise<void>): Promise<void> {
  const made: Made = { memories: [], scenes: [], story: [], changes: [] };
  let versions: string[] = [];
  for (const what of steps) {
    switch (what.do) {
      case 'say': {
        const { turn } = await claim(pool, story.chatId, { text: 'Go on.' });
        await play(story, made, turn.id, what.whiches);
        versions = [turn.id];
        break;
      }
      case 'regenerate': {
        const of = versions[0];
        if (!of) break;
        const turnId = await story.regenerate(of);
        await play(story, made, turnId, what.whiches);
        versions.push(turnId);
        break;
      }
      case 'activate': {
        const versionId = any(versions, what.which);
        if (versionId) await activateVersion(pool, { turnId: versionId, versionId, owner });
        break;
      }
      case 'change by hand':
        await changeByHand(story, made, what.which);
        break;
      case 'rewind': {
        const toSeq = 1 + (what.to % (await story.log()).length);
        await rewindChat(pool, { chatId: story.chatId, owner, toSeq, interrupt: false });
        await check(story);
        if (what.undo) await undoRewind(pool, { chatId: story.chatId, owner });
        else versions = [];
        break;
      }
      case 'roll back': {
        const { turn } = await claim(pool, story.chatId, { text: 'Gone.' });
        await story.land(turn.id, 'gone');
        await story.followUp(turn.id, 30);
        const next = await claim(pool, story.chatId, { text: 'Instead.', whenBusy: 'rollback' });
        await story.finish(turn.id);
        await play(story, made, next.turn.id, []);
        versions = [next.turn.id];
        break;
      }
    }
    await check(story);
  }
  await expectFolded(pool, story);
}

describe('the marks and projections after turns whose events are of every kind, regenerations, activations, rewinds and undos', () => {
  test('equal a rebuild from empty in a short chat', async () => {
    const steps = fc.array(step, { minLength: 5, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(steps, async (each) =>
        run(await begin(0), each, async (story) => {
          await expectMarked(story);
          await expectFolded(pool, story);
        }),
      ),
      { numRuns: 4 },
    );
  }, 240_000);

  test('equal a rebuild from empty in a chat of 300 turns, whose edges have snapshots', async () => {
    const steps = fc.array(step, { minLength: 4, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(steps, async (each) => run(await begin(300), each, expectMarked)),
      { numRuns: 4 },
    );
  }, 240_000);
});
