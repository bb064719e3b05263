import { CancellationScope } from '@temporalio/workflow';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { proposeChanges } from '../activities.js';
import { type Ears, reply } from '../turns/reply.js';

/** A turn about a document: the reply, and the changes to the document that it proposes. */
export async function document(turn: { turnId: string; whenFailed: WhenFailed }, ears: Ears): Promise<ReplyVerdict> {
  const verdict = await reply({ ...turn, kind: 'document', beat: 0, speaker: ASSISTANT }, ears);
  if (verdict.landed) await CancellationScope.nonCancellable(() => proposeChanges({ turnId: turn.turnId }));
  return verdict;
}
