import type { EventKind } from '../log/events.js';

/** The events that change the artifact graph of a chat. */
export const graphKinds = [
  'model_selected',
  'strategy_meta',
  'strategy_link',
  'strategy_unlinked',
  'graph_snapshot',
  'graph_plan',
  'graph_cleared',
] as const satisfies readonly EventKind[];
