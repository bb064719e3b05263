import type { Artifact } from '../../domain/agents/artifacts.js';
import type { ChatEvent } from '../../domain/log/events.js';
import { stepName } from '../../domain/turns/stepName.js';
import { lockChatWithRoom } from '../chats/lockOwnChat.js';
import { newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, type Cause, findEffect } from '../timeline/log.js';
import { readTurnRow } from '../turns/turnRow.js';
import { lockForLink, takeStrategy } from './strategyHolder.js';
import type { CallKey } from './toolCalls.js';

/**
 * Appends an artifact of a client's, also while a turn runs. It is of no turn: a reply that is regenerated later
 * does not take it along. Throws `ChatRefused`.
 */
export function appendArtifact(pool: Pool, owner: string, chatId: string, artifact: Artifact): Promise<ChatEvent> {
  return transaction(pool, async (tx) => {
    await lockFor(tx, owner, chatId, artifact);
    await lockChatWithRoom(tx, owner, chatId);
    return append(tx, owner, { chatId, turnId: null, step: `artifact:${newId('evt')}` }, artifact);
  });
}

/** Numbers of the events of a call's step: after its start and its end. */
const FIRST_ARTIFACT = 2;

/**
 * Appends the artifact that a call of a tool brought, once; `position` counts the artifacts of the call from 0. It
 * is taken out of the timeline together with its turn. Null when the turn has ended.
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

/** Linking locks the chat that loses the strategy as well, and that before its own. */
async function lockFor(tx: Tx, owner: string, chatId: string, artifact: Artifact): Promise<void> {
  if (artifact.kind === 'strategy_link') await lockForLink(tx, owner, chatId, artifact.data.strategyId);
}

async function append(tx: Tx, owner: string, cause: Cause, artifact: Artifact, n = 0): Promise<ChatEvent> {
  if (artifact.kind === 'strategy_link') await takeStrategy(tx, owner, cause.chatId, artifact.data.strategyId);
  const [event] = await appendEvents(tx, cause, [artifact], n);
  return event!;
}
