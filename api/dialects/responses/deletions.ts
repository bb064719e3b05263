import type { Response } from 'express';
import { readReplyState } from '../../../db/dialects/replyState.js';
import { deleteUnstoredChat } from '../../../db/dialects/unstoredChats.js';
import { removeTurn } from '../../../db/timeline/removeTurn.js';
import type { ChatPurge } from '../../chats/chatPurge.js';
import { waitForTurnEnd } from '../../turns/turnEnd.js';
import { invalidRequest } from '../core/openaiErrors.js';
import { type StartDeps, whenFree } from '../core/startTurn.js';

export type DeletionDeps = StartDeps & { chatPurge: Pick<ChatPurge, 'start'> };

/** Seconds that the follow-ups of a turn may take before its chat is left to the next purge. */
const END_WAIT = 30;

/** Takes the turn of a response out of its chat. Throws `OpenAiRefused` while more of the reply may come. */
export async function deleteTurn(
  deps: DeletionDeps,
  { owner, chatId, turnId }: { owner: string; chatId: string; turnId: string },
): Promise<void> {
  const state = await readReplyState(deps.pool, turnId);
  if (state && state.state !== 'over')
    throw invalidRequest('The response is still in progress: cancel it first', null, 'response_in_progress');
  await whenFree(deps, { owner, chatId }, () => removeTurn(deps.pool, { owner, turnId }));
}

/**
 * Deletes the chat of a response that is not to be stored, when its client has got all of it. The client may repeat a
 * request whose answer broke off: then the purge deletes the chat later.
 */
export async function forgetUnstored(
  deps: DeletionDeps,
  response: Response,
  { chatId, turnId, isStored }: { chatId: string; turnId: string; isStored: boolean },
): Promise<void> {
  const owner: string = response.locals.owner;
  if (isStored || !response.writableEnded) return;
  await waitForTurnEnd(deps, { turnId, owner }, { seconds: END_WAIT, signal: deps.closing });
  if (await deleteUnstoredChat(deps.pool, { owner, chatId })) deps.chatPurge.start();
}
