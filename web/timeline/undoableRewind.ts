import type { Event } from '../../client/src/index.js';
import { followNothing } from '../../domain/timeline/decideRewind.js';

/**
 * A rewind that can be undone. `replaced`: the version to activate first, where the reply before the rewind has been
 * written again since; `by`: the version that is in the timeline now.
 */
export type UndoableRewind = { seq: number; replaced: { turnId: string; by: string } | null };

const showNothing: ReadonlySet<string> = new Set(followNothing);

/**
 * The newest rewind, if nothing followed it but versions of the reply before it. `events`: those that are in the
 * timeline, oldest first.
 */
export function undoableRewind(events: readonly Event[]): UndoableRewind | null {
  const byOthers = new Set<string>();
  /** From version to the one that it replaced, for all replacements since the rewind. */
  const replacements = new Map<string, string>();
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (!event) return null;
    if (event.kind === 'chat_rewound') return withReplaced(event.seq, byOthers, replacements);
    if (event.kind === 'turn_superseded') replacements.set(event.data.by, event.data.turnId);
    if (showNothing.has(event.kind)) continue;
    if (event.turnId === null || event.kind === 'user_turn') return null;
    byOthers.add(event.turnId);
  }
  return null;
}

/** Events of a turn that replaced no version, such as one that still runs, can't be taken back. */
function withReplaced(
  seq: number,
  shown: ReadonlySet<string>,
  replacements: ReadonlyMap<string, string>,
): UndoableRewind | null {
  const [by, ...others] = shown;
  if (by === undefined) return { seq, replaced: null };
  if (others.length > 0) return null;
  let turnId = by;
  for (let next = replacements.get(turnId); next !== undefined; next = replacements.get(turnId)) turnId = next;
  return turnId === by ? null : { seq, replaced: { turnId, by } };
}
