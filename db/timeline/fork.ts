import { planCopy } from '../../domain/timeline/copy.js';
import { decideFork } from '../../domain/timeline/decideFork.js';
import { markKinds } from '../../domain/timeline/marks.js';
import { keepOneHolder } from '../agents/strategyHolder.js';
import { attachToFork } from '../attachments/attachToChat.js';
import { type Chat, readChat } from '../chats/chats.js';
import { lockOwnChat, readOwnChat } from '../chats/lockOwnChat.js';
import { mustBeBelow, mustBeWithinLimit, type StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoomForChat } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { type Pool, planForValues, type Tx, transaction, withoutCompiling } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { readFloor } from '../turns/floor.js';
import { copyEvents } from './copies/copyEvents.js';
import { copyTurns } from './copies/copyTurns.js';
import { type CopiedUpTo, readLines } from './copies/readLines.js';
import { rebuildInTransaction } from './rebuild/rebuild.js';
import { listOf } from './subjects.js';
import { readActiveVersions, readVersionsOfTurns } from './versions/activeVersions.js';

/**
 * `atSeq`: the last event that is copied, or the line (the seq of a user turn) that is the last one with what belongs to it.
 * `maxChats`: how many the owner may have.
 */
export type ForkRequest = {
  chatId: string;
  owner: string;
  atSeq: CopiedUpTo;
  maxChats?: number | undefined;
} & StoredLimit;

/** The timeline of the source was changed while it was copied without a lock. */
class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
}

/**
 * Creates a chat that begins as a copy of the timeline up to a point. The copy's turns have ended and have new ids; its
 * log does not refer to the source. The source is not locked, so that its turns need not wait; only where its marks change
 * meanwhile, the copy is made again under the lock. Throws `ChatRefused`.
 */
export async function forkChat(pool: Pool, request: ForkRequest): Promise<Chat> {
  try {
    return await transaction(pool, (tx) => fork(tx, request, readOwnChat));
  } catch (error) {
    if (!(error instanceof SourceChanged)) throw error;
    return transaction(pool, async (tx) => {
      await readOwnChat(tx, request.owner, request.chatId);
      // Before the lock of the chat: an import holds this limit when it locks the chat that has its strategy.
      await mustBeWithinLimit(tx, 'chats', request.owner, request.maxChats);
      return fork(tx, request, lockOwnChat);
    });
  }
}

async function fork(
  tx: Tx,
  { chatId, owner, atSeq, maxChats, storedBytes }: ForkRequest,
  openChat: typeof lockOwnChat,
): Promise<Chat> {
  // One after the other: a turn that is accepted in between is then seen by the second.
  const chat = await openChat(tx, owner, chatId);
  const floor = await readFloor(tx, chatId);
  const decision = decideFork({ atSeq: typeof atSeq === 'number' ? atSeq : chat.seq }, { chat, ...floor });
  if (decision.action === 'refuse') throw new ChatRefused(decision.code, decision.path);
  await mustBeBelow(tx, 'chats', owner, maxChats);
  await withoutCompiling(tx);
  await planForValues(tx);
  const forkId = newId('chat');
  const title = await insertFork(tx, chatId, forkId);
  const turns = await readVersionsOfTurns(tx, chatId);
  const activeOf = await readActiveVersions(tx, chatId, turns);
  const lines = readLines(tx, chatId, { atSeq, newest: chat.seq });
  const plan = await planCopy(lines, { turns, activeOf }, yieldToEventLoop);
  const turnIds = await copyTurns(tx, forkId, plan, activeOf);
  await copyEvents(tx, chatId, forkId, { plan, turns, title, turnIds });
  await attachToFork(tx, chatId, forkId);
  await keepOneHolder(tx, forkId, async () => {
    await rebuildInTransaction(tx, forkId);
    // Late, because the lock is the owner's, whose other chats would wait for the whole copy; and before the lock of the
    // strategy, for which an import waits that holds this one.
    await mustBeWithinLimit(tx, 'chats', owner, maxChats);
  });
  await mustHaveRoomForChat(tx, forkId, storedBytes);
  await mustBeUnchanged(tx, owner, chatId, chat.seq);
  const copy = await readChat(tx, owner, forkId);
  if (!copy) throw new Error(`chat ${forkId} was not made`);
  return copy;
}

/**
 * Throws `SourceChanged` when the chat is gone or moved to another owner, or when an event after `since` changed the marks
 * of those that were read. Every change of marks appends an event in the same transaction: a mark, or the end of a version.
 */
async function mustBeUnchanged(tx: Tx, owner: string, chatId: string, since: number): Promise<void> {
  const { rows } = await tx.query<{ unchanged: boolean }>(
    `select not exists (
       select from events e where e.chat_id = $1 and e.seq > $2
         and (e.kind in (${listOf(markKinds)})
           or e.kind = 'turn_completed' and exists (select from turns t where t.id = e.turn_id and t.root_id <> t.id))
     ) as unchanged from chats where id = $1 and owner = $3`,
    [chatId, since, owner],
  );
  if (!rows[0]?.unchanged) throw new SourceChanged('the source of a fork was changed');
}

const MAX_TITLE = 200;
const SUFFIX = ' (fork)';

/** The fork's row, and the title it got. */
async function insertFork(tx: Tx, chatId: string, forkId: string): Promise<string | null> {
  const { rows } = await tx.query<{ title: string | null }>(
    `insert into chats (id, owner, kind, title, host_id, guest_id, settings, created_settings, forked_from, document_id, anchor)
     select $2, owner, kind, left(title, $3) || $4, host_id, guest_id, coalesce(created_settings, settings), created_settings, id,
       document_id, anchor from chats where id = $1 returning title`,
    [chatId, forkId, MAX_TITLE - SUFFIX.length, SUFFIX],
  );
  return rows[0]?.title ?? null;
}
