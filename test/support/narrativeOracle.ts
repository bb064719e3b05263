import { expect } from '@jest/globals';
import type { Pool } from '../../src/db/pool.js';
import { readProjections, rebuildProjections } from '../../src/db/rebuild.js';
import type { NewEvent } from '../../src/domain/events.js';
import type { Played } from './narrativePlayer.js';

/** An event as it stands in the log, with the step that caused it. */
type LogRow = NewEvent & { seq: number; turnId: string | null; step: string; n: number };

/** What must hold of a chat's log and of what is folded from it, whatever was done to it. */
export async function expectSound(pool: Pool, chatId: string): Promise<void> {
  const log = await readLog(pool, chatId);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  expect(repeated(log.map(({ turnId, step, n }) => `${turnId} ${step} ${n}`))).toEqual([]);
  for (const [step, events] of byStep(log)) expectOnce(step, events);
  const before = await readProjections(pool, chatId);
  await rebuildProjections(pool, chatId);
  expect(await readProjections(pool, chatId)).toEqual(before);
  const { edges = [] } = before as Record<string, { affinity: number; trust: number }[]>;
  for (const value of edges.flatMap(({ affinity, trust }) => [affinity, trust])) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(100);
  }
  await expectAtRest(pool, chatId);
}

/** Each turn ended once, and each beat of it led once to all that follows from a beat. */
export async function expectWholeTurns(pool: Pool, { chatIds, turnIds, cutShort, scene }: Played): Promise<void> {
  const logs = (await Promise.all(chatIds.map((chatId) => readLog(pool, chatId)))).flat();
  const present = scene.guestId ? 3 : 2;
  for (const turnId of turnIds) {
    const events = logs.filter((event) => event.turnId === turnId);
    expect(of(events, 'turn_completed')).toHaveLength(1);
    if (cutShort.has(turnId)) continue;
    for (const { data } of of(events, 'assistant_turn')) {
      if (data.beat === 1 && data.truncated) continue;
      const follow = events.filter(({ step }) => step.endsWith(`:${data.beat}`));
      const updates = of(follow, 'edge_update');
      expect({ turnId, updates: updates.length }).toEqual({ turnId, updates: present * (present - 1) });
      expect(of(follow, 'memory_written')).toHaveLength(present - 1);
      const scores = of(follow, 'memory_scored').length;
      expect(scores).toBeLessThanOrEqual(1);
      const mayBeUnscored = of(events, 'step_stuck').length > 0 || (await isRegeneration(pool, turnId));
      if (!mayBeUnscored) expect(scores).toBe(1);
    }
  }
}

async function isRegeneration(pool: Pool, turnId: string): Promise<boolean> {
  const { rows } = await pool.query('select 1 from turns where id = $1 and regenerates is not null', [turnId]);
  return rows.length > 0;
}

async function readLog(pool: Pool, chatId: string): Promise<LogRow[]> {
  const { rows } = await pool.query<LogRow>(
    'select seq, kind, data, turn_id as "turnId", step, n from events where chat_id = $1 order by seq',
    [chatId],
  );
  return rows;
}

const of = <K extends LogRow['kind']>(events: LogRow[], kind: K) =>
  events.filter((event): event is LogRow & { kind: K } => event.kind === kind);

function byStep(log: LogRow[]): Map<string, LogRow[]> {
  const steps = new Map<string, LogRow[]>();
  for (const event of log) {
    if (event.turnId === null) continue;
    const key = `${event.turnId}/${event.step}`;
    steps.set(key, [...(steps.get(key) ?? []), event]);
  }
  return steps;
}

/** Kinds that a step appends at most once. */
const singles = [
  'user_turn',
  'user_turn_parsed',
  'assistant_turn_started',
  'assistant_turn',
  'memory_scored',
  'memory_pinned',
  'scene_closed',
  'scene_summary',
  'story_event_completed',
  'turn_completed',
  'turn_superseded',
  'turn_rolled_back',
] as const;

/** A step had its effect once, however often it was attempted. */
function expectOnce(step: string, events: LogRow[]): void {
  const single = events.filter(({ kind }) => singles.some((each) => each === kind));
  expect({ step, repeated: repeated(single.map(({ kind }) => kind)) }).toEqual({ step, repeated: [] });
  if (step.includes('/state_update:')) expect(of(events, 'edge_update').length).toBeLessThanOrEqual(1);
  const witnesses = of(events, 'memory_written').map(({ data }) => data.witnessId);
  expect({ step, repeated: repeated(witnesses) }).toEqual({ step, repeated: [] });
}

const repeated = (values: string[]): string[] => values.filter((value, i) => values.indexOf(value) !== i);

/** The floor is free, and no turn is left that could still change something. */
async function expectAtRest(pool: Pool, chatId: string): Promise<void> {
  const open = await pool.query(
    "select id, status from turns where chat_id = $1 and status not in ('completed', 'cancelled', 'failed')",
    [chatId],
  );
  expect(open.rows).toEqual([]);
  const floor = await pool.query('select active_turn_id as "turnId" from chats where id = $1', [chatId]);
  expect(floor.rows).toEqual([{ turnId: null }]);
}
