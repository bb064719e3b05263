import type { StoryEvent } from '../../../client/src/index.js';

/** Rows of the form for the artifacts of a story event. */
export type FactRow = { key: number; sourceId: string; targetId: string; fact: string };
export type ObjectRow = { key: number; ownerId: string; name: string };
export type RelationshipChange = {
  isIncluded: boolean;
  sourceId: string;
  targetId: string;
  affinity: string;
  trust: string;
};

export type EventForm = {
  title: string;
  description: string;
  status: 'planned' | 'active';
  facts: readonly FactRow[];
  objects: readonly ObjectRow[];
  relationship: RelationshipChange;
};

/** An empty form. There are always at least two participants. */
export const emptyForm = ([first = 'you', second = 'you']: readonly string[]): EventForm => ({
  title: '',
  description: '',
  status: 'planned',
  facts: [],
  objects: [],
  relationship: { isIncluded: false, sourceId: first, targetId: second, affinity: '0', trust: '0' },
});

/** The artifacts for the request. Rows without text are left out. */
export function artifactsOf({ facts, objects, relationship }: EventForm): StoryEvent['artifacts'] {
  const knowledgeFacts = facts
    .filter(({ fact }) => fact.trim() !== '')
    .map(({ sourceId, targetId, fact }) => ({ sourceId, targetId, fact: fact.trim() }));
  const acquiredObjects = objects
    .filter(({ name }) => name.trim() !== '')
    .map(({ ownerId, name }) => ({ ownerId, name: name.trim() }));
  const { isIncluded, sourceId, targetId, affinity, trust } = relationship;
  return {
    ...(knowledgeFacts.length > 0 ? { knowledgeFacts } : {}),
    ...(isIncluded
      ? { relationshipChange: { sourceId, targetId, affinityDelta: Number(affinity), trustDelta: Number(trust) } }
      : {}),
    ...(acquiredObjects.length > 0 ? { acquiredObjects } : {}),
  };
}
