import type { Artifact } from '../../domain/agents/artifacts.js';
import type { ChatEvent } from '../../domain/log/events.js';
import { stepName } from '../../domain/turns/stepName.js';
import { lockChatUnlessFull } from '../chats/lockOwnChat.js';
import type { StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, type Cause, findEffect } from '../timeline/log.js';
import { readTurnRow } from '../turns/turnRow.js';
import { lockForLink, takeStrategy } from './strategyHolder.js';
import type { CallKey } from './toolCalls.js';

/**
 * Appends an artifact that a client posts, also while a turn runs. It belongs to no turn, so that it stays in the
 * timeline when a reply is regenerated. Throws `ChatRefused`.
 */
export function appendArtifact(
  pool: Pool,
  { owner, chatId, storedBytes }: { owner: string; chatId: string } & StoredLimit,
  artifact: Artifact,
): Promise<ChatEvent> {
  return transaction(pool, async (tx) => {
    await lockFor(tx, owner, chatId, artifact);
    await lockChatUnlessFull(tx, owner, chatId);
    await mustHaveRoom(tx, owner, Buffer.byteLength(JSON.stringify(artifact.data)), storedBytes);
    return append(tx, owner, { chatId, turnId: null, step: `artifact:${newId('evt')}` }, artifact);
  });
}

/** The number of the first artifact within the call's step. 0 is the call's start, 1 its end. */
const FIRST_ARTIFACT = 2;

/**
 * Appends an artifact of a tool call, once. `position` counts the artifacts of the call from 0. The artifact belongs to
 * the turn, and is hidden or superseded together with it. Null when the turn has ended.
 */
export function appendToolArtifact(
  pool: Pool,
  { turnId, callId }: CallKey,
  position: number,
  artifact: Artifact,
): Promise<ChatEvent | null> {
  return transaction(pool, async (tx) => {
    const { owner, chatId } = (await readTurnRow(tx, turnId)) ?? {};
    if (!owner || !chatId) return null;
    await lockFor(tx, owner, chatId, artifact);
    if (!(await lockLiveTurn(tx, turnId))) return null;
    const cause = { chatId, turnId, step: stepName.tool(callId) };
    const n = FIRST_ARTIFACT + position;
    return (await findEffect(tx, turnId, cause.step, n)) ?? append(tx, owner, cause, artifact, n);
  });
}

/** A link of a strategy also changes the chat that had it. Both must be locked in order, before any other chat. */
async function lockFor(tx: Tx, owner: string, chatId: string, artifact: Artifact): Promise<void> {
  if (artifact.kind === 'strategy_link') await lockForLink(tx, owner, chatId, artifact.data.strategyId);
}

async function append(tx: Tx, owner: string, cause: Cause, artifact: Artifact, n = 0): Promise<ChatEvent> {
  if (artifact.kind === 'strategy_link') await takeStrategy(tx, owner, cause.chatId, artifact.data.strategyId);
  const [event] = await appendEvents(tx, cause, [artifact], n);
  return event!;
}
