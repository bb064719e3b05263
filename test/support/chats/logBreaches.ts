import { isDeepStrictEqual } from 'node:util';
import { type Pool, transaction } from '../../../db/core/pool.js';
import { lockChat } from '../../../db/timeline/log.js';
import { type ProjectionRows, readProjections, rebuildInTransaction } from '../../../db/timeline/rebuild/rebuild.js';
import { artifactData } from '../../../domain/agents/artifacts.js';
import type { EventKind, NewEvent } from '../../../domain/log/events.js';

/** What must hold of a chat's log and of what is folded from it, as sentences about what does not. No test runner. */

/** An event as it stands in the log, with the step that caused it. */
export type LogRow = NewEvent & { seq: number; turnId: string | null; step: string; n: number };

export async function readLog(pool: Pool, chatId: string): Promise<LogRow[]> {
  const { rows } = await pool.query<LogRow>(
    'select seq, kind, data, turn_id as "turnId", step, n from events where chat_id = $1 order by seq',
    [chatId],
  );
  return rows;
}

export const ofKind = <K extends LogRow['kind']>(events: LogRow[], kind: K) =>
  events.filter((event): event is LogRow & { kind: K } => event.kind === kind);

/** `seq` runs from 1 to the chat's own without a gap. */
export function gapsOf(log: Pick<LogRow, 'seq'>[], newest: number): string[] {
  const wrong = log.filter(({ seq }, i) => seq !== i + 1).slice(0, 3);
  const gaps = wrong.map(({ seq }) => `seq ${seq} is out of place`);
  return log.length === newest ? gaps : [...gaps, `the log has ${log.length} events, the chat's seq is ${newest}`];
}

/** Every effect happened once: no key occurs twice, and no step appended twice what it appends once. */
export function repeatsOf(log: LogRow[]): string[] {
  const keys = repeated(log.map(({ turnId, step, n }) => `${turnId} ${step} ${n}`));
  return [...keys.map((key) => `the key ${key} occurs twice`), ...[...byStep(log)].flatMap(repeatsOfStep)];
}

/**
 * Compares the projections with a rebuild from empty, and leaves the rebuilt ones. Runs under the chat's lock, so that a
 * turn that still runs changes nothing in between.
 */
export async function differencesFromRebuild(pool: Pool, chatId: string): Promise<string[]> {
  const [before, after] = await transaction(pool, async (tx) => {
    if (!(await lockChat(tx, chatId))) throw new Error(`there is no chat ${chatId}`);
    const kept = await readProjections(tx, chatId);
    await rebuildInTransaction(tx, chatId);
    return [kept, await readProjections(tx, chatId)];
  });
  return Object.keys(after).flatMap((table) =>
    isDeepStrictEqual(before[table], after[table])
      ? []
      : [`${table} differs from a rebuild: ${describe(before[table])} instead of ${describe(after[table])}`],
  );
}

/** Affinity and trust stay within 0 to 100. */
export function edgesOutOfRange({ edges = [] }: ProjectionRows): string[] {
  return (edges as { affinity: number; trust: number }[]).flatMap(({ affinity, trust }) =>
    [affinity, trust].every((value) => value >= 0 && value <= 100) ? [] : [`edge at ${affinity} and ${trust}`],
  );
}

/** The floor is free, and no turn is left that could still change something. */
export async function unrestOf(pool: Pool, chatId: string): Promise<string[]> {
  const { rows: turns } = await pool.query<{ id: string; status: string }>(
    "select id, status from turns where chat_id = $1 and status not in ('completed', 'cancelled', 'failed')",
    [chatId],
  );
  const { rows: chats } = await pool.query<{ turnId: string | null }>(
    'select active_turn_id as "turnId" from chats where id = $1',
    [chatId],
  );
  const holder = chats[0]?.turnId;
  return [
    ...turns.map(({ id, status }) => `${id} is ${status}`),
    ...(holder ? [`${holder} holds the floor`] : []),
    ...(chats.length === 1 ? [] : ['the chat is gone']),
  ];
}

/** Kinds that one step may append several times. Every other kind it appends at most once. */
const several: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(Object.keys(artifactData) as EventKind[]),
  'assistant_turn_edited',
  'change_accepted',
  'change_declined',
  'change_stale',
  'document_edited',
  'edge_summary',
  'edge_update',
  'memory_edited',
  'memory_removed',
  'memory_unpinned',
  'memory_written',
  'object_acquired',
  'scene_opened',
  'step_skipped',
  'step_stuck',
  'story_event_cancelled',
  'story_event_planned',
  'story_event_started',
  'strategy_unlinked',
  'subagent_task_end',
  'subagent_task_start',
  'subagent_tool_call_end',
  'subagent_tool_call_start',
  'system_message',
  'tool_call_end',
  'tool_call_start',
  'version_activated',
]);

function repeatsOfStep([step, events]: [string, LogRow[]]): string[] {
  const kinds = events.filter(({ kind }) => !several.has(kind)).map(({ kind }) => kind);
  const witnesses = ofKind(events, 'memory_written').map(({ data }) => data.witnessId);
  const updates = step.includes('/state_update:') ? ofKind(events, 'edge_update').map(({ kind }) => kind) : [];
  return repeated([...kinds, ...witnesses, ...updates]).map((what) => `${step} has ${what} twice`);
}

function byStep(log: LogRow[]): Map<string, LogRow[]> {
  const steps = new Map<string, LogRow[]>();
  for (const event of log) {
    if (event.turnId === null) continue;
    const key = `${event.turnId}/${event.step}`;
    const events = steps.get(key);
    if (events) events.push(event);
    else steps.set(key, [event]);
  }
  return steps;
}

function repeated(values: string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

const describe = (rows: Record<string, unknown>[] | undefined) => JSON.stringify(rows)?.slice(0, 400);
