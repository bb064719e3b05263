import type { ChatEvent, EventData, EventKind, NewEvent } from '../log/events.js';
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
 * that of the user turn, of a reply that a person edited that of the reply that a model wrote; else null.
 */
export type CopiedLine = Pick<ChatEvent, 'seq' | 'kind' | 'turnId'> & { place: number | null };

/**
 * The seqs of the source in the order of the copy, and the seq of each copy, also by the seq whose place it takes.
 * `turnId` is the source's root.
 */
export type CopyPlan = {
  from: number[];
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
  const kept: { at: number; from: number; isProse: boolean; turnId: string | null }[] = [];
  const withProse = new Set<string | null>();
  for await (const lines of timeline) {
    for (const line of lines) {
      if (!isCopied(line, source)) continue;
      const placed = placeOf(line, source);
      if (placed.isProse) withProse.add(placed.turnId);
      kept.push(placed);
    }
  }
  const whole = kept.filter(({ turnId }) => turnId === null || withProse.has(turnId));
  await yieldToEventLoop();
  whole.sort((a, b) => a.at - b.at);
  await yieldToEventLoop();
  const seqOf = new Map(whole.map(({ at }, i) => [at, i + 1]));
  for (const { at, from } of whole) if (at !== from) seqOf.set(from, seqOf.get(at)!);
  const prose = whole.flatMap(({ isProse, turnId, at }) =>
    isProse && turnId !== null ? [{ seq: seqOf.get(at)!, turnId }] : [],
  );
  return { from: whole.map(({ from }) => from), seqOf, userTurns: prose };
}

/** Where an event of the source stands: an edit where the event stood whose place it takes. */
function placeOf({ seq, kind, turnId, place }: CopiedLine, { turns }: Source) {
  return {
    at: place ?? seq,
    from: seq,
    isProse: kind === 'user_turn' || kind === 'user_turn_edit',
    turnId: turnId === null ? null : (turns.get(turnId)?.rootId ?? turnId),
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

type Placed = ChatEvent & { from: number };

/** To its group's one turn; an edit becomes the user turn that it took the place of, at that one's place. */
function place(event: ChatEvent, { turns, title }: { turns: Versions; title: string | null }): Placed {
  const turnId = event.turnId === null ? null : (turns.get(event.turnId)?.rootId ?? event.turnId);
  const from = event.seq;
  if (event.kind === 'chat_created') return { ...event, data: { ...event.data, title }, turnId, from };
  if (event.kind !== 'user_turn_edit') return { ...event, turnId, from };
  const { userTurnSeq, text, attachments, outputs } = event.data;
  const company = { ...(attachments ? { attachments } : {}), ...(outputs ? { outputs } : {}) };
  const data = { text, segments: splitProse(text), ...company };
  return { ...event, kind: 'user_turn', data, seq: userTurnSeq, turnId, from };
}

type References = { seqOf: (seq: number) => number; changeIdOf: (id: string) => string };
type Renumber<K extends EventKind> = (data: EventData<K>, references: References) => EventData<K>;

const asItIs = <T>(data: T): T => data;
const ofUserTurn = <T extends { userTurnSeq: number }>(data: T, { seqOf }: References): T => ({
  ...data,
  userTurnSeq: seqOf(data.userTurnSeq),
});

const ofChange = <T extends { changeId: string }>(data: T, { changeIdOf }: References): T => ({
  ...data,
  changeId: changeIdOf(data.changeId),
});

/** For each kind that is copied, how its references are replaced. Other ids stay: projections are named by chat too. */
const references: { readonly [K in Exclude<EventKind, MarkKind | 'user_turn_edit'>]: Renumber<K> } = {
  chat_created: asItIs,
  user_turn: asItIs,
  message_added: asItIs,
  user_turn_parsed: ofUserTurn,
  assistant_turn_started: ofUserTurn,
  assistant_turn: (data, { seqOf }) => ({
    ...data,
    userTurnSeq: data.userTurnSeq === null ? null : seqOf(data.userTurnSeq),
  }),
  assistant_turn_edited: ({ beat, text }) => ({ beat, text }),
  memory_written: (data, { seqOf }) => ({ ...data, chatClock: seqOf(data.chatClock) }),
  memory_scored: asItIs,
  memory_pinned: asItIs,
  memory_unpinned: asItIs,
  memory_edited: asItIs,
  memory_removed: asItIs,
  edge_update: asItIs,
  edge_summary: asItIs,
  scene_opened: asItIs,
  scene_closed: asItIs,
  scene_summary: asItIs,
  story_event_planned: asItIs,
  story_event_started: asItIs,
  story_event_completed: asItIs,
  story_event_cancelled: asItIs,
  object_acquired: asItIs,
  changes_proposed: (data, { seqOf, changeIdOf }) => ({
    ...data,
    messageSeq: seqOf(data.messageSeq),
    changeIds: data.changeIds.map(changeIdOf),
  }),
  change_accepted: ofChange,
  change_declined: ofChange,
  change_stale: ofChange,
  document_edited: asItIs,
  system_message: asItIs,
  tool_call_start: asItIs,
  tool_call_end: asItIs,
  subagent_task_start: asItIs,
  subagent_tool_call_start: asItIs,
  subagent_tool_call_end: asItIs,
  subagent_task_end: asItIs,
  citations: asItIs,
  planning_artifact: asItIs,
  reasoning: asItIs,
  model_selected: asItIs,
  strategy_meta: asItIs,
  strategy_link: asItIs,
  graph_snapshot: asItIs,
  graph_plan: asItIs,
  graph_cleared: asItIs,
  strategy_unlinked: asItIs,
  step_stuck: asItIs,
  step_skipped: asItIs,
  chat_settings_changed: asItIs,
  guest_cleared: asItIs,
  turn_completed: asItIs,
};

/** Of an event whose copy differs in one seq only, the name of that. */
export const copiedSeq = {
  user_turn_parsed: 'userTurnSeq',
  assistant_turn_started: 'userTurnSeq',
  assistant_turn: 'userTurnSeq',
  memory_written: 'chatClock',
} as const satisfies { [K in EventKind]?: string };

/** The kinds whose data the copy has as it is. */
export const copiedAsItIs: readonly string[] = Object.entries(references).flatMap(([kind, change]) =>
  change === asItIs && kind !== 'chat_created' ? [kind] : [],
);

function renumber(event: ChatEvent, to: References): NewEvent {
  const change = (references as Record<string, Renumber<EventKind>>)[event.kind];
  if (!change) throw new Error(`${event.kind} is not copied`);
  return { kind: event.kind, data: change(event.data, to) } as NewEvent;
}
