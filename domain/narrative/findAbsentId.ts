import type { StoryArtifacts } from '../log/events.js';

/** The path of the first id, in a story event's artifacts, of someone who is not present; null when all are. */
export function notPresent(artifacts: StoryArtifacts, present: string[]): string | null {
  return idsOf(artifacts).find(([, id]) => !present.includes(id))?.[0] ?? null;
}

/** Every id in the artifacts, each with its path. */
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
