import { CancellationScope } from '@temporalio/workflow';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { proposeChanges } from '../activities.js';
import { type RunningTurn, reply } from '../turns/reply.js';

/** A turn about a document: the reply, then the changes that it proposes. */
export async function document(
  turn: { turnId: string; whenFailed: WhenFailed },
  running: RunningTurn,
): Promise<ReplyVerdict> {
  const verdict = await reply({ ...turn, kind: 'document', beat: 0, speaker: ASSISTANT }, running);
  if (verdict.landed) await CancellationScope.nonCancellable(() => proposeChanges({ turnId: turn.turnId }));
  return verdict;
}
