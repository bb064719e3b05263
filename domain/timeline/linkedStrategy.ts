import type { EventKind } from '../log/events.js';
import { emptyProjection, type ProjectionEvent, type ProjectionHead, projectionChange } from './chatProjection.js';
import type { Marks } from './marks.js';

export type StrategyEvent = Extract<ProjectionEvent, { kind: 'strategy_link' | 'strategy_unlinked' | 'graph_cleared' }>;

const kinds: readonly EventKind[] = [
  'strategy_link',
  'strategy_unlinked',
  'graph_cleared',
] satisfies StrategyEvent['kind'][];

/** Whether an event can change which strategy a chat is linked to. */
export const isStrategyEvent = (event: { kind: EventKind }): event is StrategyEvent => kinds.includes(event.kind);

/** The strategy to which a timeline links its chat. `events` are those of a log, oldest first; null: none. */
export function linkedStrategy(events: readonly StrategyEvent[], marks: ReadonlyMap<number, Marks>): number | null {
  let head: ProjectionHead = emptyProjection;
  for (const event of events) {
    const { hiddenBy = null, supersededBy = null } = marks.get(event.seq) ?? {};
    if (hiddenBy === null && supersededBy === null) head = { ...head, ...projectionChange(head, event) };
  }
  return head.strategyId;
}
