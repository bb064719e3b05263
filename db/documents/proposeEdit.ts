import { anchorSpan } from '../../domain/documents/anchor.js';
import { countPlaces, type Place, placeOf, searchedBody } from '../../domain/documents/places.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { CallKey, CallResult } from '../agents/toolCalls.js';
import { newId } from '../core/ids.js';
import { type Pool, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, findEffect } from '../timeline/log.js';
import { readTextOfChat } from './documents.js';
import { remainingChanges } from './proposeChanges.js';

/** The number of the event within the call's step: 0 is its start, 1 its end. */
const PROPOSED = 2;

const refusals: Record<(Place & { found: false })['reason'], string> = {
  absent: 'original_not_found: The original is not in the body, word for word.',
  used: 'original_not_found: The original is not in the body, word for word.',
  ambiguous:
    'original_ambiguous: The original is not in the body word for word, and several places are like it. Copy more of the text around one of them.',
  not_empty:
    'original_empty: The document has text, and an empty original only begins an empty document. Name the text to replace.',
};

const proposed = (count: number) =>
  count > 1
    ? `Proposed for the first of ${count} places that have this original. If another one is meant, propose it with more of the text around it. People will accept or decline it.`
    : 'Proposed. People will accept or decline it.';

/**
 * Proposes the edit of a call of the tool `propose_edit`, once. Returns the call's result; a refusal is a failed
 * result.
 */
export function proposeEdit(pool: Pool, { turnId, callId }: CallKey, edit: { original: string }): Promise<CallResult> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, turnId);
    const document = turn && (await readTextOfChat(tx, turn.chatId));
    if (!turn || !document) return { success: false, content: 'no_document: This chat has no document.' };
    const body = searchedBody(document.body);
    const anchor = document.anchor && anchorSpan(body, document.anchor);
    const place = placeOf(body, edit.original, { anchor });
    if (!place.found) return { success: false, content: refusals[place.reason] };
    const count = countPlaces(body, edit.original, place, { anchor });
    const step = stepName.tool(callId);
    const before = await findEffect(tx, turnId, step, PROPOSED);
    if (before) return { success: true, content: proposed(count) };
    if ((await remainingChanges(tx, turn.chatId)) < 1)
      return { success: false, content: 'too_many_changes: People must accept or decline some of the changes first.' };
    const called = await findEffect(tx, turnId, step, 0);
    if (!called) return { success: false, content: 'tool_failed: The call is not in the log.' };
    const data = { messageSeq: called.seq, changeIds: [newId('chg')], count: 1 };
    await appendEvents(tx, { chatId: turn.chatId, turnId, step }, [{ kind: 'changes_proposed', data }], PROPOSED);
    return { success: true, content: proposed(count) };
  });
}
