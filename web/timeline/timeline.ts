import type { Note } from '../../domain/timeline/notes.js';
import type { AddedMessage, Exchange, Greeting, Timeline } from '../../domain/timeline/timeline.js';
import { foldActivity, type ToolCall } from '../../domain/turns/activity.js';

export type { Note } from '../../domain/timeline/notes.js';
export type { AddedMessage, Beat, Exchange, Greeting, Timeline } from '../../domain/timeline/timeline.js';
export { emptyTimeline, evolveTimeline, foldTimeline, isOutputsAlone } from '../../domain/timeline/timeline.js';

export type Item = Exchange | Greeting | AddedMessage | Note;

/** Of a turn whose beginning is not loaded nothing is shown. */
const isShown = ({ prose }: Exchange): boolean => prose !== null;

/** In the order in which the user spoke. */
export function itemsOf({ exchanges, greetings, added, notes }: Timeline): Item[] {
  return [...greetings, ...added, ...[...exchanges.values()].filter(isShown), ...notes].sort((a, b) => a.seq - b.seq);
}

/** Whether a turn is shown within an exchange. */
export function hasTurn({ exchanges, seqOf }: Timeline, turnId: string): boolean {
  const exchange = exchanges.get(seqOf.get(turnId) ?? 0);
  return exchange !== undefined && isShown(exchange);
}

/** A task that an agent delegated to a sub-agent. */
export type Task = { name: string; status: 'running' | 'done' | 'failed'; modelId: string; calls: readonly ToolCall[] };

/** The tasks of an exchange, by name. */
export function tasksOf({ activity }: Exchange): ReadonlyMap<string, Task> {
  const { tasks } = foldActivity(activity);
  return new Map(
    [...tasks].map(([name, { status, modelId, calls }]) => [
      name,
      { name, status, modelId, calls: [...calls.values()] },
    ]),
  );
}
