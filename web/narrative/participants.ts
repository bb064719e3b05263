import type { Chat, Edge } from '../../client/src/index.js';

/** The ids of the host, the guest if there is one, and the user. */
export const participantsOf = ({ hostId, guestId }: Chat): string[] =>
  [hostId, guestId, 'you'].flatMap((id) => (id === null ? [] : [id]));

/** The ids of those who remember: the host, and the guest if there is one. */
export const witnessesOf = (chat: Chat): string[] => participantsOf(chat).filter((id) => id !== 'you');

const neutral = { affinity: 50, trust: 50, summary: null, knowledgeFacts: [], lastInteractionAt: null };

/** The edges of one participant to the others. */
export type Relationships = { sourceId: string; edges: readonly Edge[] };

/**
 * The edges by source. Participants come first, with neutral values where an edge does not exist yet; then characters
 * who have left the chat, with the edges that they have.
 */
export function relationshipsBySource(edges: readonly Edge[], participants: readonly string[]): Relationships[] {
  const former = [...new Set(edges.flatMap(({ sourceId, targetId }) => [sourceId, targetId]))].filter(
    (id) => !participants.includes(id),
  );
  const everyone = [...participants, ...former];
  return everyone.flatMap((sourceId) => {
    const ofSource = everyone.flatMap((targetId) => {
      if (targetId === sourceId) return [];
      const edge = edges.find((known) => known.sourceId === sourceId && known.targetId === targetId);
      if (edge) return [edge];
      return former.includes(sourceId) || former.includes(targetId) ? [] : [{ ...neutral, sourceId, targetId }];
    });
    return ofSource.length > 0 ? [{ sourceId, edges: ofSource }] : [];
  });
}
