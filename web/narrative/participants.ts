import type { Chat, Edge } from '../../client/src/index.js';

/** Who is in a chat: the host, the guest if there is one, and the user. */
export const participantsOf = ({ hostId, guestId }: Chat): string[] =>
  [hostId, guestId, 'you'].flatMap((id) => (id === null ? [] : [id]));

const neutral = { affinity: 50, trust: 50, summary: null, knowledgeFacts: [], lastInteractionAt: null };

/** What one feels, towards each of the others. */
export type Feelings = { sourceId: string; edges: readonly Edge[] };

/**
 * All edges by whose they are. Those who are present come first, and feel something for everyone present: where
 * nothing happened yet, they stand in the middle. Those who left keep what they felt.
 */
export function relationshipsBySource(edges: readonly Edge[], present: readonly string[]): Feelings[] {
  const left = [...new Set(edges.flatMap(({ sourceId, targetId }) => [sourceId, targetId]))].filter(
    (id) => !present.includes(id),
  );
  const everyone = [...present, ...left];
  return everyone.flatMap((sourceId) => {
    const felt = everyone.flatMap((targetId) => {
      if (targetId === sourceId) return [];
      const edge = edges.find((known) => known.sourceId === sourceId && known.targetId === targetId);
      if (edge) return [edge];
      return left.includes(sourceId) || left.includes(targetId) ? [] : [{ ...neutral, sourceId, targetId }];
    });
    return felt.length > 0 ? [{ sourceId, edges: felt }] : [];
  });
}
