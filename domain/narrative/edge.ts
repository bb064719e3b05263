import type { EventData } from '../log/events.js';

/** What the source feels towards the target, and knows about it. `affinity` and `trust` are from 0 to 100. */
export type Edge = {
  sourceId: string;
  targetId: string;
  affinity: number;
  trust: number;
  summary: string | null;
  knowledgeFacts: string[];
  lastInteractionAt: string | null;
};

/** The edge between two people who have no common history. */
export function newEdge(sourceId: string, targetId: string): Edge {
  return { sourceId, targetId, affinity: 50, trust: 50, summary: null, knowledgeFacts: [], lastInteractionAt: null };
}

const clamp = (value: number) => Math.min(100, Math.max(0, value));

/** The edge after an update. `affinity` and `trust` stay within 0 and 100. Known facts are not added twice; the newest are kept. */
export function updateEdge(edge: Edge, update: EventData<'edge_update'>): Edge {
  return {
    ...edge,
    affinity: clamp(edge.affinity + update.affinityDelta),
    trust: clamp(edge.trust + update.trustDelta),
    knowledgeFacts: withFacts(edge.knowledgeFacts, update.knowledgeFacts),
    lastInteractionAt: update.lastInteractionAt ?? edge.lastInteractionAt,
  };
}

/** The most facts of an edge; the oldest are left out. Every turn reads and writes them. */
const MOST_FACTS = 500;

/** Most updates bring no fact: then the list is not copied. */
const withFacts = (known: string[], found: string[]): string[] =>
  found.length === 0 ? known : [...new Set([...known, ...found])].slice(-MOST_FACTS);
