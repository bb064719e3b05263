import { isStale } from '../../domain/documents/changes.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { CallKey, CallResult } from '../agents/toolCalls.js';
import { newId } from '../core/ids.js';
import { type Pool, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, findEffect } from '../timeline/log.js';
import { readDocumentOfChat } from './documents.js';
import { remainingChanges } from './proposeChanges.js';

/** The number of the event within the call's step: 0 is its start, 1 its end. */
const PROPOSED = 2;

/**
 * Proposes the edit of a call of the tool `propose_edit`, once. Returns the call's result; a refusal is a failed
 * result.
 */
export function proposeEdit(pool: Pool, { turnId, callId }: CallKey, edit: { original: string }): Promise<CallResult> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, turnId);
    const document = turn && (await readDocumentOfChat(tx, turn.chatId));
    if (!turn || !document) return { success: false, content: 'no_document: This chat has no document.' };
    if (isStale(document.body, edit))
      return { success: false, content: 'original_not_found: The original is not in the body, word for word.' };
    const step = stepName.tool(callId);
    const before = await findEffect(tx, turnId, step, PROPOSED);
    if (before) return { success: true, content: 'Proposed.' };
    if ((await remainingChanges(tx, turn.chatId)) < 1)
      return { success: false, content: 'too_many_changes: People must accept or decline some of the changes first.' };
    const called = await findEffect(tx, turnId, step, 0);
    if (!called) return { success: false, content: 'tool_failed: The call is not in the log.' };
    const data = { messageSeq: called.seq, changeIds: [newId('chg')], count: 1 };
    await appendEvents(tx, { chatId: turn.chatId, turnId, step }, [{ kind: 'changes_proposed', data }], PROPOSED);
    return { success: true, content: 'Proposed. People will accept or decline it.' };
  });
}
