import type { GraphStep } from '../agents/artifacts.js';
import { buildPlan, type Plan, planJson } from '../agents/plan.js';
import type { EventData, EventKind } from '../log/events.js';

/**
 * What a chat's projection is folded to. `plan` is one that was given as such; that of a snapshot follows from
 * its steps. `strategyId` and `isSaved` are of the strategy outside that the chat is linked to.
 */
export type ProjectionState = {
  name: string | null;
  recordType: string | null;
  /** The one that was selected last. */
  modelId: string | null;
  messageCount: number;
  steps: GraphStep[];
  rootStepId: string | null;
  plan: Record<string, unknown> | null;
  strategyId: number | null;
  isSaved: boolean;
  /** Of the newest event of the kinds below. */
  lastEventSeq: number;
};

export const emptyProjection: ProjectionState = {
  name: null,
  recordType: null,
  modelId: null,
  messageCount: 0,
  steps: [],
  rootStepId: null,
  plan: null,
  strategyId: null,
  isSaved: false,
  lastEventSeq: 0,
};

type ProjectionKind =
  | 'user_turn'
  | 'user_turn_edit'
  | 'assistant_turn'
  | 'model_selected'
  | 'strategy_meta'
  | 'strategy_link'
  | 'strategy_unlinked'
  | 'graph_snapshot'
  | 'graph_plan'
  | 'graph_cleared';

/** An event that changes the projection. */
export type ProjectionEvent = {
  [K in ProjectionKind & EventKind]: { kind: K; seq: number; data: EventData<K> };
}[ProjectionKind];

/** As far as a change depends on what was: not on the graph, whose steps may be thousands. */
export type ProjectionHead = Omit<ProjectionState, 'steps' | 'plan'>;

/** What of the projection an event changes, and to what: the projection is these, one over the other. */
export function projectionChange(head: ProjectionHead, event: ProjectionEvent): Partial<ProjectionState> {
  return { ...changeOf(head, event), lastEventSeq: event.seq };
}

function changeOf(head: ProjectionHead, event: ProjectionEvent): Partial<ProjectionState> {
  switch (event.kind) {
    // In a timeline an edit stands in the place of a user turn that has left it.
    case 'user_turn':
    case 'user_turn_edit':
    case 'assistant_turn':
      return { messageCount: head.messageCount + 1 };
    case 'model_selected':
      return { modelId: event.data.modelId };
    case 'strategy_meta':
      return named(event.data);
    case 'strategy_link':
      return { strategyId: event.data.strategyId, isSaved: event.data.isSaved };
    case 'strategy_unlinked':
      return event.data.strategyId === head.strategyId ? unlinked : {};
    case 'graph_snapshot': {
      const { steps, rootStepId = null, ...meta } = event.data.graphSnapshot;
      return { ...named(meta), steps, rootStepId, plan: null };
    }
    case 'graph_plan':
      return { ...named(event.data), plan: event.data.plan };
    // Neither the messages nor who answers them are of the graph.
    case 'graph_cleared':
      return { name: null, recordType: null, steps: [], rootStepId: null, plan: null, ...unlinked };
  }
}

const unlinked = { strategyId: null, isSaved: false };

/** What is left out stays. */
const named = ({ name, recordType }: { name?: string | undefined; recordType?: string | undefined }) => ({
  ...(name === undefined ? {} : { name }),
  ...(recordType === undefined ? {} : { recordType }),
});

/** The projection as clients read it, as JSON: its plan may be nested deeper than `JSON.stringify` can write. */
export function projectionJson(state: ProjectionState): string {
  const { plan, steps, ...head } = state;
  const rest = JSON.stringify({ ...head, stepCount: steps.length, steps });
  return `${rest.slice(0, -1)},"plan":${plan ? JSON.stringify(plan) : derivedPlan(state)}}`;
}

/** The plan of a snapshot bears the name and the record type that the chat has by now. */
function derivedPlan({ recordType, name, ...graph }: ProjectionState): string {
  const root = buildPlan(graph);
  const plan: Plan | null = root && { recordType, root, metadata: { name } };
  return plan ? planJson(plan) : 'null';
}
