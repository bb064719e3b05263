import type { NewEvent } from '../../domain/log/events.js';
import { changeMemory, type MemoryChange, newMemory, type WrittenMemory } from '../../domain/narrative/memoryChange.js';
import { lockNarrativeChat } from '../chats/lockNarrativeChat.js';
import { newId } from '../core/ids.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents } from '../timeline/log.js';
import { type Memory, readMemory } from './memories.js';

/** Whose memory it is. */
type Key = { owner: string; chatId: string; memoryId: string };

/** How many memories of a chat may be pinned when a person pins one more: each answer of a classifier reads all. */
const MAX_PINNED = 100;

/** Writes a memory on a client's request, also while a turn runs. Throws `ChatRefused`. */
export function writeMemoryByHand(
  pool: Pool,
  { owner, chatId }: Omit<Key, 'memoryId'>,
  memory: WrittenMemory,
): Promise<Memory> {
  return transaction(pool, async (tx) => {
    const { hostId, guestId } = await lockNarrativeChat(tx, owner, chatId);
    const stranger = memory.witnessIds.findIndex((id) => id !== hostId && id !== guestId);
    if (stranger >= 0) throw new ChatRefused('not_present', `witnessIds.${stranger}`);
    if (memory.pinned) await mustHaveRoomForPin(tx, chatId);
    const memoryId = newId('mem');
    await appendEvents(tx, { chatId, turnId: null, step: `memory:${memoryId}` }, newMemory(memoryId, memory));
    return mustRead(tx, chatId, memoryId);
  });
}

/** Changes a memory on a client's request, also while a turn runs. Throws `ChatRefused`. */
export function changeMemoryByHand(pool: Pool, key: Key, change: MemoryChange): Promise<Memory> {
  return transaction(pool, async (tx) => {
    const memory = await lockMemory(tx, key);
    const events = changeMemory(memory, change);
    if (events.some(({ kind }) => kind === 'memory_pinned')) await mustHaveRoomForPin(tx, key.chatId);
    if (events.length === 0) return memory;
    await append(tx, key.chatId, events);
    return mustRead(tx, key.chatId, key.memoryId);
  });
}

/** Removes a memory from the timeline on a client's request. Throws `ChatRefused`. */
export function removeMemoryByHand(pool: Pool, key: Key): Promise<void> {
  return transaction(pool, async (tx) => {
    const { id: memoryId } = await lockMemory(tx, key);
    await append(tx, key.chatId, [{ kind: 'memory_removed', data: { memoryId } }]);
  });
}

async function lockMemory(tx: Tx, { owner, chatId, memoryId }: Key): Promise<Memory> {
  await lockNarrativeChat(tx, owner, chatId);
  return mustRead(tx, chatId, memoryId);
}

async function mustRead(db: Db, chatId: string, memoryId: string): Promise<Memory> {
  const memory = await readMemory(db, chatId, memoryId);
  if (!memory) throw new ChatRefused('memory_not_found');
  return memory;
}

/** A memory may be changed several times, so each change has a new id as its key. */
const append = (tx: Tx, chatId: string, events: NewEvent[]) =>
  appendEvents(tx, { chatId, turnId: null, step: `memory:${newId('evt')}` }, events);

async function mustHaveRoomForPin(db: Db, chatId: string): Promise<void> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::integer as count from memories where chat_id = $1 and pinned_seq is not null',
    [chatId],
  );
  if (rows[0]!.count >= MAX_PINNED) throw new ChatRefused('limit_reached', 'pinned', MAX_PINNED);
}
