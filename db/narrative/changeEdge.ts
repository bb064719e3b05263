import { type Edge, newEdge } from '../../domain/narrative/edge.js';
import { changeEdge, type EdgeChange } from '../../domain/narrative/edgeChange.js';
import { lockNarrativeChat } from '../chats/lockNarrativeChat.js';
import { newId } from '../core/ids.js';
import { type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents } from '../timeline/log.js';
import { readEdge } from './edges.js';

type Change = EdgeChange & Pick<Edge, 'sourceId' | 'targetId'>;

/**
 * Changes an edge between two of those present on a client's request, also while a turn runs: its updates are added to
 * the changed values. Throws `ChatRefused`.
 */
export function changeEdgeByHand(
  pool: Pool,
  { owner, chatId }: { owner: string; chatId: string },
  { sourceId, targetId, ...change }: Change,
): Promise<Edge> {
  return transaction(pool, async (tx) => {
    const { hostId, guestId } = await lockNarrativeChat(tx, owner, chatId);
    const present = ['you', hostId, ...(guestId ? [guestId] : [])];
    for (const [path, id] of Object.entries({ sourceId, targetId })) {
      if (!present.includes(id)) throw new ChatRefused('not_present', path);
    }
    const edge = (await readEdge(tx, chatId, { sourceId, targetId })) ?? newEdge(sourceId, targetId);
    const events = changeEdge(edge, change);
    if (events.length === 0) return edge;
    await appendEvents(tx, { chatId, turnId: null, step: `edge:${newId('evt')}` }, events);
    return (await readEdge(tx, chatId, { sourceId, targetId }))!;
  });
}
