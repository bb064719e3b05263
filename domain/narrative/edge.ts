import type { EventData } from '../log/events.js';

/** What one of those present feels towards, and knows of, another. `affinity` and `trust` are 0–100. */
export type Edge = {
  sourceId: string;
  targetId: string;
  affinity: number;
  trust: number;
  summary: string | null;
  knowledgeFacts: string[];
  lastInteractionAt: string | null;
};

/** Where two who have not met stand. */
export function newEdge(sourceId: string, targetId: string): Edge {
  return { sourceId, targetId, affinity: 50, trust: 50, summary: null, knowledgeFacts: [], lastInteractionAt: null };
}

const clamp = (value: number) => Math.min(100, Math.max(0, value));

/** Deltas are bounded by the scale's ends; a fact that is known already is not learnt again. */
export function updateEdge(edge: Edge, update: EventData<'edge_update'>): Edge {
  return {
    ...edge,
    affinity: clamp(edge.affinity + update.affinityDelta),
    trust: clamp(edge.trust + update.trustDelta),
    knowledgeFacts: [...new Set([...edge.knowledgeFacts, ...update.knowledgeFacts])],
    lastInteractionAt: update.lastInteractionAt,
  };
}
