import type { ChatEvent } from '../../domain/log/events.js';
import { type Edge, newEdge, updateEdge } from '../../domain/narrative/edge.js';
import type { Projected } from '../../domain/timeline/projectionRows.js';
import type { Tx } from '../core/pool.js';
import { CHUNK_SIZE, yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { readEventsOf } from '../timeline/eventsOfSubjects.js';
import { edgeSubject } from '../timeline/subjects.js';
import type { Projection } from './handler.js';
import { replace } from './keyed.js';
import { rowStore } from './rowStore.js';
import { readNewestSnapshots, readSnapshot, SNAPSHOT_DISTANCE, type Snapshot, writeSnapshots } from './snapshots.js';

const store = rowStore<Edge>({
  table: 'edges',
  columns: {
    sourceId: ['source_id', 'text'],
    targetId: ['target_id', 'text'],
    affinity: ['affinity', 'integer'],
    trust: ['trust', 'integer'],
    summary: ['summary', 'text'],
    knowledgeFacts: ['knowledge_facts', 'jsonb'],
    lastInteractionAt: ['last_interaction_at', 'timestamptz'],
  },
  key: ['sourceId', 'targetId'],
  keyOf: edgeSubject,
  isOneOf: `(t.source_id, t.target_id) in (
    select split_part(k, '>', 1), split_part(k, '>', 2) from unnest($2::text[]) as k)`,
});

type EdgeEvent = Projected<'edge_update' | 'edge_summary'>;
const kinds = ['edge_update', 'edge_summary'] as const;

function evolve(edge: Edge, event: EdgeEvent): Edge {
  switch (event.kind) {
    case 'edge_update':
      return updateEdge(edge, event.data);
    case 'edge_summary':
      return { ...edge, summary: event.data.summary };
  }
}

/** Folds events into edges. `newest`: by subject, the seq of its newest snapshot. Returns the snapshots that are due. */
function fold(edges: Map<string, Edge>, events: ChatEvent[], newest: Map<string, number>): Snapshot<Edge>[] {
  const due: Snapshot<Edge>[] = [];
  for (const event of events as unknown as EdgeEvent[]) {
    const { sourceId, targetId } = event.data;
    const subject = edgeSubject(event.data);
    const row = evolve(edges.get(subject) ?? newEdge(sourceId, targetId), event);
    edges.set(subject, row);
    if (event.seq - (newest.get(subject) ?? 0) < SNAPSHOT_DISTANCE) continue;
    due.push({ subject, seq: event.seq, row });
    newest.set(subject, event.seq);
  }
  return due;
}

async function refoldEdge(tx: Tx, chatId: string, subject: string, from: number): Promise<void> {
  const snapshot = await readSnapshot<Edge>(tx, chatId, subject, from);
  const edges = new Map(snapshot ? [[subject, snapshot.row]] : []);
  const newest = new Map(snapshot ? [[subject, snapshot.seq]] : []);
  for (let since = snapshot?.seq ?? 0; ; ) {
    const events = await readEventsOf(tx, chatId, { subjects: [subject], kinds, since, limit: CHUNK_SIZE });
    await writeSnapshots(tx, chatId, fold(edges, events, newest));
    if (events.length < CHUNK_SIZE) break;
    since = events.at(-1)!.seq;
    await yieldToEventLoop();
  }
  await replace(tx, chatId, store, [subject], edges);
}

/** Every turn changes the same few edges, so they have snapshots. */
export const edges: Projection = {
  async project(tx, chatId, events) {
    const subjects = [...new Set((events as unknown as EdgeEvent[]).map(({ data }) => edgeSubject(data)))];
    const [rows, newest] = await Promise.all([
      store.read(tx, chatId, subjects),
      readNewestSnapshots(tx, chatId, subjects),
    ]);
    const due = fold(rows, events, newest);
    await Promise.all([store.write(tx, chatId, [...rows.values()]), writeSnapshots(tx, chatId, due)]);
  },
  async refold(tx, chatId, moved) {
    const first = new Map<string, number>();
    for (const { subject, seq } of moved) {
      if (subject !== null) first.set(subject, Math.min(seq, first.get(subject) ?? seq));
    }
    for (const [subject, seq] of first) await refoldEdge(tx, chatId, subject, seq);
  },
};
