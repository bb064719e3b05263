import type { StoryEvent } from '../../client/src/index.js';

/** A thing that somebody learns of another, as it stands in the form. */
export type FactRow = { key: number; sourceId: string; targetId: string; fact: string };
export type ObjectRow = { key: number; ownerId: string; name: string };
export type Move = { wanted: boolean; sourceId: string; targetId: string; affinity: string; trust: string };

export type EventForm = {
  title: string;
  description: string;
  status: 'planned' | 'active';
  facts: readonly FactRow[];
  objects: readonly ObjectRow[];
  move: Move;
};

/** An empty form among those present; there are always at least two. */
export const emptyForm = ([first = 'you', second = 'you']: readonly string[]): EventForm => ({
  title: '',
  description: '',
  status: 'planned',
  facts: [],
  objects: [],
  move: { wanted: false, sourceId: first, targetId: second, affinity: '0', trust: '0' },
});

/** The form's artifacts as the api takes them; rows without words are left out. */
export function artifactsOf({ facts, objects, move }: EventForm): StoryEvent['artifacts'] {
  const knowledgeFacts = facts
    .filter(({ fact }) => fact.trim() !== '')
    .map(({ sourceId, targetId, fact }) => ({ sourceId, targetId, fact: fact.trim() }));
  const acquiredObjects = objects
    .filter(({ name }) => name.trim() !== '')
    .map(({ ownerId, name }) => ({ ownerId, name: name.trim() }));
  const { wanted, sourceId, targetId, affinity, trust } = move;
  return {
    ...(knowledgeFacts.length > 0 ? { knowledgeFacts } : {}),
    ...(wanted
      ? { relationshipChange: { sourceId, targetId, affinityDelta: Number(affinity), trustDelta: Number(trust) } }
      : {}),
    ...(acquiredObjects.length > 0 ? { acquiredObjects } : {}),
  };
}
