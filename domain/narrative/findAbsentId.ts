import type { StoryArtifacts } from '../log/events.js';

/** The path, in a story event's artifacts, of the first id that is not in `present`; null if all are. */
export function findAbsentId(artifacts: StoryArtifacts, present: string[]): string | null {
  return idsOf(artifacts).find(([, id]) => !present.includes(id))?.[0] ?? null;
}

/** The ids in the artifacts, each with its path. */
function idsOf({ knowledgeFacts = [], relationshipChange, acquiredObjects = [] }: StoryArtifacts): [string, string][] {
  const ends = (path: string, edge: { sourceId: string; targetId: string }): [string, string][] => [
    [`${path}.sourceId`, edge.sourceId],
    [`${path}.targetId`, edge.targetId],
  ];
  return [
    ...knowledgeFacts.flatMap((fact, i) => ends(`knowledgeFacts.${i}`, fact)),
    ...(relationshipChange ? ends('relationshipChange', relationshipChange) : []),
    ...acquiredObjects.map(({ ownerId }, i): [string, string] => [`acquiredObjects.${i}.ownerId`, ownerId]),
  ];
}
