import type { ChatEvent, EventData } from '../../domain/log/events.js';
import type { ToolCall } from '../data/resources.js';
import { handlers } from './timelineHandlers.js';

/** A beat that has landed. */
export type Beat = EventData<'assistant_turn'> & { turnId: string; seq: number; at: string };

/** A task that an agent handed to another. */
export type Task = { name: string; status: 'running' | 'done' | 'failed'; modelId: string; calls: readonly ToolCall[] };

export type Prose = { turnId: string; text: string; quote: string | null; at: string; seq: number };
export type End = EventData<'turn_completed'> & { turnId: string; seq: number };

/** One user turn and what was said under it. An event that touches one makes another object of it, and of no other. */
export type Exchange = {
  type: 'exchange';
  /** seq of its user turn: what the turns of its versions share. */
  seq: number;
  prose: Prose | null;
  beats: readonly Beat[];
  /** Its turns, in the order in which they were first heard of: with a regeneration in flight there are two. */
  turnIds: readonly string[];
  ends: ReadonlyMap<string, End>;
  tasks: ReadonlyMap<string, Task>;
  /** The changes that its reply proposed, in the order of their source. */
  changeIds: readonly string[] | null;
  notes: readonly Note[];
  hasVersions: boolean;
};

/** A line between the messages: something that happened. */
export type Note = { type: 'note'; seq: number; kind: 'system' | 'scene' | 'story' | 'object'; text: string };

export type Item = Exchange | Note;

/** What is folded from the events that are loaded, oldest first. */
export type Timeline = {
  exchanges: ReadonlyMap<number, Exchange>;
  /** Which exchange a turn belongs to. */
  seqOf: ReadonlyMap<string, number>;
  notes: readonly Note[];
  titles: ReadonlyMap<string, string>;
};

export const emptyTimeline: Timeline = { exchanges: new Map(), seqOf: new Map(), notes: [], titles: new Map() };

/** Folds events in bulk: into new maps, changed in place. */
export function foldTimeline(events: readonly ChatEvent[]): Timeline {
  const timeline = { exchanges: new Map(), seqOf: new Map(), notes: [], titles: new Map() } satisfies Folding;
  for (const event of events) apply(timeline, event);
  return timeline;
}

/** The timeline after one more event. */
export function evolveTimeline({ exchanges, seqOf, notes, titles }: Timeline, event: ChatEvent): Timeline {
  const next: Folding = {
    exchanges: new Map(exchanges),
    seqOf: new Map(seqOf),
    notes: [...notes],
    titles: new Map(titles),
  };
  apply(next, event);
  return next;
}

/** In the order in which the user spoke. Of a turn whose beginning is not loaded nothing is shown. */
export function itemsOf({ exchanges, notes }: Timeline): Item[] {
  return [...exchanges.values(), ...notes].sort((a, b) => a.seq - b.seq);
}

/** A timeline that is being folded, and changed in place. */
export type Folding = {
  exchanges: Map<number, Exchange>;
  seqOf: Map<string, number>;
  notes: Note[];
  titles: Map<string, string>;
};

function apply<K extends ChatEvent['kind']>(folding: Folding, event: Extract<ChatEvent, { kind: K }>): void {
  const handle = handlers[event.kind as K] as (folding: Folding, event: Extract<ChatEvent, { kind: K }>) => void;
  handle(folding, event);
}
