import { type ChatEvent, type EventKind, eventData, eventKinds, type NewEvent } from '../log/events.js';
import { type Reference, referencesOf } from '../log/references.js';
import { splitProse } from '../narrative/ooc.js';
import { type MarkKind, partOf, type Versions } from './marks.js';

/** An event of a copied timeline: `turnId` is still the source's, of the copied turn's root. `from` is its seq there. */
export type CopiedEvent = NewEvent & { seq: number; turnId: string | null; at: string; from: number };

type Source = {
  turns: Versions;
  /** By root, the version in the timeline. */
  activeOf: (rootId: string) => string;
};

/**
 * What of an event decides where its copy stands. `place` is the seq of the event whose place it takes: of edited prose
 * that of the user turn, of a reply that a person edited that of the reply that a model wrote; else null. `ref` is the seq
 * in its data that differs in the copy, of the kinds in `copiedSeq`.
 */
export type CopiedLine = Pick<ChatEvent, 'seq' | 'kind' | 'turnId'> & { place: number | null; ref: number | null };

/**
 * An event of the source that is copied. `turnId` is the turn that appended it. The data of the copy is that of the source
 * with `ref` replaced, if it has one; where `isMade`, it is made by `copyEvent`.
 */
export type PlannedCopy = { from: number; turnId: string | null; ref: number | null; isMade: boolean };

/**
 * The copied events in the order of the copy, whose seqs are dense from 1, and the seq of each copy by that of its source,
 * also by the seq whose place it takes. `turnId` is the source's root.
 */
export type CopyPlan = {
  events: readonly PlannedCopy[];
  seqOf: ReadonlyMap<number, number>;
  userTurns: { seq: number; turnId: string }[];
};

/**
 * Places a timeline at the beginning of another chat: without marks and versions that are not active, its seqs dense
 * from 1. Each group of versions becomes the one turn of its root, and prose that was edited stands where the first
 * prose stood. Calls `yieldToEventLoop` between its parts: a long timeline takes a while.
 */
export async function planCopy(
  timeline: AsyncIterable<CopiedLine[]>,
  source: Source,
  yieldToEventLoop: () => Promise<void>,
): Promise<CopyPlan> {
  const kept: Placed[] = [];
  const withProse = new Set<string | null>();
  for await (const lines of timeline) {
    for (const line of lines) {
      if (!isCopied(line, source)) continue;
      const placed = placeOf(line, source);
      if (placed.isProse) withProse.add(placed.rootId);
      kept.push(placed);
    }
  }
  const whole = kept.filter(({ rootId }) => rootId === null || withProse.has(rootId));
  await yieldToEventLoop();
  whole.sort((a, b) => a.at - b.at);
  await yieldToEventLoop();
  const seqOf = new Map(whole.map(({ at }, i) => [at, i + 1]));
  for (const { at, from } of whole) if (at !== from) seqOf.set(from, seqOf.get(at)!);
  const prose = whole.flatMap(({ isProse, rootId, at }) =>
    isProse && rootId !== null ? [{ seq: seqOf.get(at)!, turnId: rootId }] : [],
  );
  return { events: whole, seqOf, userTurns: prose };
}

type Placed = PlannedCopy & { at: number; isProse: boolean; rootId: string | null };

/** Where an event of the source stands: an edit where the event stood whose place it takes. */
function placeOf({ seq, kind, turnId, place, ref }: CopiedLine, { turns }: Source): Placed {
  return {
    at: place ?? seq,
    from: seq,
    isProse: kind === 'user_turn' || kind === 'user_turn_edit',
    turnId,
    rootId: turnId === null ? null : (turns.get(turnId)?.rootId ?? turnId),
    ref,
    isMade: !copiedByDatabase.has(kind),
  };
}

/** `changeIdOf` gives the id of a change's copy: changes are named by their ids alone, so each copy has its own. */
type Copy = Pick<Source, 'turns'> & { title: string | null; changeIdOf: (id: string) => string };

/** The copy of an event that the plan has, with references to seqs and changes replaced by those of the copy. */
export function copyEvent(event: ChatEvent, plan: Pick<CopyPlan, 'seqOf'>, copy: Copy): CopiedEvent {
  const placed = place(event, copy);
  const copied = renumber(placed, { seqOf: (seq) => plan.seqOf.get(seq) ?? 0, changeIdOf: copy.changeIdOf });
  return { ...copied, seq: plan.seqOf.get(placed.seq)!, turnId: placed.turnId, at: placed.at, from: placed.from };
}

function isCopied(event: CopiedLine, { turns, activeOf }: Source): boolean {
  if (isLeftOut(event)) return false;
  const turn = event.turnId === null ? null : turns.get(event.turnId);
  if (!turn) return event.turnId === null;
  const active = activeOf(turn.rootId);
  switch (partOf(event.kind)) {
    case 'prose':
      return event.turnId === turns.get(active)?.proseId;
    case 'reply':
      return event.turnId === active;
    case 'effects':
      return event.turnId === turns.get(active)?.effectsId;
    case null:
      return false;
  }
}

/** What says how the source's timeline came about; the copy has only what it came to. */
const leftOut: Record<MarkKind, true> = {
  turn_rolled_back: true,
  turn_superseded: true,
  version_activated: true,
  chat_rewound: true,
  rewind_undone: true,
};
const isLeftOut = (event: CopiedLine) => Object.hasOwn(leftOut, event.kind);

type Moved = ChatEvent & { from: number };

/** To its group's one turn; an edit becomes the user turn that it took the place of, at that one's place. */
function place(event: ChatEvent, { turns, title }: { turns: Versions; title: string | null }): Moved {
  const turnId = event.turnId === null ? null : (turns.get(event.turnId)?.rootId ?? event.turnId);
  const from = event.seq;
  if (event.kind === 'chat_created') return { ...event, data: { ...event.data, title }, turnId, from };
  if (event.kind !== 'user_turn_edit') return { ...event, turnId, from };
  const { userTurnSeq, text, attachments, outputs } = event.data;
  const company = { ...(attachments ? { attachments } : {}), ...(outputs ? { outputs } : {}) };
  const data = { text, segments: splitProse(text), ...company };
  return { ...event, kind: 'user_turn', data, seq: userTurnSeq, turnId, from };
}

type Renumbered = { seqOf: (seq: number) => number; changeIdOf: (id: string) => string };

/** The kinds whose copies `place` and `renumber` make, and those that have none. */
const special: ReadonlySet<EventKind> = new Set<EventKind>([
  'chat_created',
  'user_turn_edit',
  'assistant_turn_edited',
  ...(Object.keys(leftOut) as MarkKind[]),
]);

/**
 * Of every other kind, the fields in which a copy has other seqs or ids of changes. Other ids stay: projections are named
 * by chat too.
 */
const replaced = new Map(
  eventKinds.flatMap((kind) => {
    const fields = Object.entries(referencesOf(eventData[kind]));
    return special.has(kind) ? [] : [[kind, fields.filter(([, of]) => of === 'seq' || of === 'change')] as const];
  }),
);

/** Of an event whose copy differs in one seq only, the name of that. */
export const copiedSeq: Readonly<Record<string, string>> = Object.fromEntries(
  [...replaced].flatMap(([kind, [first, ...others]]) =>
    first?.[1] === 'seq' && others.length === 0 ? [[kind, first[0]]] : [],
  ),
);

/** The kinds whose copies have the same data, but for a seq in some. */
const copiedByDatabase: ReadonlySet<string> = new Set([
  ...Object.keys(copiedSeq),
  ...[...replaced].flatMap(([kind, fields]) => (fields.length === 0 ? [kind] : [])),
]);

function renumber({ kind, data }: ChatEvent, to: Renumbered): NewEvent {
  if (kind === 'chat_created') return { kind, data };
  // The effects of the copy are those of its one turn.
  if (kind === 'assistant_turn_edited') return { kind, data: { beat: data.beat, text: data.text } };
  const fields = replaced.get(kind);
  if (!fields) throw new Error(`${kind} is not copied`);
  const values = fields.map(([field, of]) => [field, newValue((data as Record<string, unknown>)[field], of, to)]);
  return { kind, data: { ...data, ...Object.fromEntries(values) } } as NewEvent;
}

/** Null and undefined refer to nothing, and stay. */
function newValue(value: unknown, of: Reference, { seqOf, changeIdOf }: Renumbered): unknown {
  if (of === 'seq') return typeof value === 'number' ? seqOf(value) : value;
  if (Array.isArray(value)) return value.map((id) => changeIdOf(String(id)));
  return typeof value === 'string' ? changeIdOf(value) : value;
}
