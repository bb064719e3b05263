import { factsOf } from '../classifiers/material.js';
import type { NewEvent } from '../log/events.js';
import type { Edge } from './edge.js';

/**
 * What a person changes of an edge; what is left out stays. `affinity` and `trust` are values from 0 to 100, and
 * `knowledgeFacts` are facts to add: those that are known already stay.
 */
export type EdgeChange = {
  affinity?: number | undefined;
  trust?: number | undefined;
  summary?: string | undefined;
  knowledgeFacts?: readonly string[] | undefined;
};

/**
 * The events of a change, none where the edge is so already. A value becomes a difference, as in the updates of turns:
 * when one of those leaves the timeline, the person's difference is still counted.
 */
export function changeEdge(edge: Edge, change: EdgeChange): NewEvent[] {
  const { sourceId, targetId } = edge;
  const affinityDelta = (change.affinity ?? edge.affinity) - edge.affinity;
  const trustDelta = (change.trust ?? edge.trust) - edge.trust;
  const knowledgeFacts = factsOf(change.knowledgeFacts ?? []).filter((fact) => !edge.knowledgeFacts.includes(fact));
  const events: NewEvent[] = [];
  if (affinityDelta !== 0 || trustDelta !== 0 || knowledgeFacts.length > 0) {
    const data = { sourceId, targetId, affinityDelta, trustDelta, knowledgeFacts, lastInteractionAt: null };
    events.push({ kind: 'edge_update', data });
  }
  if (change.summary !== undefined && change.summary !== (edge.summary ?? '')) {
    events.push({ kind: 'edge_summary', data: { sourceId, targetId, summary: change.summary } });
  }
  return events;
}
