import type { ChatEvent, EventData, EventKind } from '../log/events.js';

/** The kinds that take events out of the timeline, or put them back. They belong to no version. */
export const markKinds = [
  'turn_rolled_back',
  'turn_superseded',
  'version_activated',
  'chat_rewound',
  'rewind_undone',
] as const satisfies EventKind[];
export type MarkKind = (typeof markKinds)[number];

type Mark = { [K in MarkKind]: { kind: K; data: EventData<K> } }[MarkKind];

/** An event as far as the marks need it: data only of marks. */
export type LogLine = Pick<ChatEvent, 'seq' | 'turnId'> & (Mark | { kind: Exclude<EventKind, MarkKind> });

/**
 * The versions of a reply share the first one's id as root; `proseId` is the turn whose prose a version answers.
 * `effectsId` is the turn whose effects a version has: of one that was written by hand that of the version it edits, else
 * its own.
 */
export type Versions = ReadonlyMap<string, { rootId: string; proseId: string; effectsId: string }>;

/** The seqs of the events that took this one out of the timeline; it is in it when both are null. */
export type Marks = { hiddenBy: number | null; supersededBy: number | null };

/**
 * The marks of every event, folded from the log alone: a rewind hides what came after its point until it is
 * undone, a rollback hides its turn, and of the versions of a reply all but the active one are superseded.
 */
export function foldMarks(log: readonly LogLine[], turns: Versions): Map<number, Marks> {
  const hidden = foldHidden(log);
  const { left } = foldVersions(
    log.filter((line) => !hidden.has(line.seq)),
    turns,
  );
  return new Map(
    log.map((line) => [
      line.seq,
      { hiddenBy: hidden.get(line.seq) ?? null, supersededBy: left.get(keyOfPart(line) ?? '') ?? null },
    ]),
  );
}

/** By root, the version that is in the timeline, where it is another than the root. `standing` are marks not hidden. */
export function activeVersions(standing: readonly LogLine[], turns: Versions): Map<string, string> {
  return foldVersions(standing, turns).active;
}

/** By seq, the event that hides it. Rewinds are applied first: a rollback that is itself hidden does not count. */
function foldHidden(log: readonly LogLine[]): Map<number, number> {
  const hidden = new Map<number, number>();
  const undone = new Set(log.flatMap((line) => (line.kind === 'rewind_undone' ? [line.data.rewindSeq] : [])));
  const visible: LogLine[] = [];
  for (const line of log) {
    if (line.kind === 'chat_rewound' && !undone.has(line.seq)) hideAfter(visible, line.data.toSeq, line.seq, hidden);
    visible.push(line);
  }
  const byTurn = new Map<string, number[]>();
  for (const line of visible) {
    if (line.kind === 'turn_rolled_back') {
      for (const seq of byTurn.get(line.data.turnId) ?? []) hidden.set(seq, line.seq);
      byTurn.delete(line.data.turnId);
    }
    if (line.turnId === null) continue;
    const seqs = byTurn.get(line.turnId) ?? [];
    seqs.push(line.seq);
    byTurn.set(line.turnId, seqs);
  }
  return hidden;
}

function hideAfter(visible: LogLine[], toSeq: number, by: number, hidden: Map<number, number>): void {
  for (let last = visible.at(-1); last && last.seq > toSeq && last.kind !== 'chat_created'; last = visible.at(-1)) {
    hidden.set(last.seq, by);
    visible.pop();
  }
}

/**
 * A version has three parts that enter and leave the timeline separately: the prose that it answers, its reply, and what
 * followed from the reply.
 */
export type VersionPart = 'prose' | 'reply' | 'effects';

/** A part of a version, and the turn that appended its events. */
export type PartOfTurn = { part: VersionPart; turnId: string };

export const partKey = ({ part, turnId }: PartOfTurn) => `${part}:${turnId}`;

/** The parts of a version. Versions may share a part with others. */
export const partsOfVersion = (id: string, version: { proseId: string; effectsId: string }): PartOfTurn[] => [
  { part: 'reply', turnId: id },
  { part: 'effects', turnId: version.effectsId },
  { part: 'prose', turnId: version.proseId },
];

/** The events of a version's reply. A turn edits a memory only where a person edits the reply that it is of. */
export const replyKindList = [
  'assistant_turn',
  'assistant_turn_edited',
  'memory_edited',
] as const satisfies EventKind[];
const replyKinds: ReadonlySet<EventKind> = new Set(replyKindList);

/** The events of a version's prose; all others of its turn, but for marks and its reply, are effects. */
export const proseKindList = ['user_turn', 'user_turn_edit', 'user_turn_parsed'] as const satisfies EventKind[];
const proseKinds: ReadonlySet<EventKind> = new Set(proseKindList);
const marking: ReadonlySet<EventKind> = new Set(markKinds);

export const isMark = (kind: EventKind): boolean => marking.has(kind);

const isProse = (kind: EventKind): boolean => proseKinds.has(kind);

/** The part of its turn's version that an event belongs to; null of a mark. */
export function partOf(kind: EventKind): VersionPart | null {
  if (isMark(kind)) return null;
  if (isProse(kind)) return 'prose';
  return replyKinds.has(kind) ? 'reply' : 'effects';
}

function keyOfPart({ kind, turnId }: LogLine): string | null {
  const part = turnId === null ? null : partOf(kind);
  return part === null || turnId === null ? null : partKey({ part, turnId });
}

/**
 * `left`: by part, the mark that took it out of the timeline. A version that no mark has named is in flight and stays.
 * When it ends without a reply, its prose part is taken out: no message shows that prose.
 */
export function foldVersions(standing: readonly LogLine[], turns: Versions) {
  const active = new Map<string, string>();
  const left = new Map<string, number>();
  const landed = new Set<string>();
  const isUnchosen = (turnId: string) => turns.get(turnId)?.rootId !== turnId && !landed.has(turnId);
  const own = (turnId: string) => ({ proseId: turnId, effectsId: turnId });
  const keysOf = (turnId: string) => partsOfVersion(turnId, turns.get(turnId) ?? own(turnId)).map(partKey);
  for (const line of standing) {
    if (line.kind === 'turn_completed' && line.turnId !== null && isUnchosen(line.turnId)) {
      left.set(partKey({ part: 'prose', turnId: line.turnId }), line.seq);
    }
    const chosen = chosenBy(line);
    const rootId = chosen && turns.get(chosen)?.rootId;
    if (!chosen || !rootId) continue;
    landed.add(chosen);
    for (const key of keysOf(active.get(rootId) ?? rootId)) left.set(key, line.seq);
    for (const key of keysOf(chosen)) left.delete(key);
    active.set(rootId, chosen);
  }
  return { active, left };
}

function chosenBy(line: LogLine): string | null {
  if (line.kind === 'turn_superseded') return line.data.by;
  return line.kind === 'version_activated' ? line.data.turnId : null;
}
