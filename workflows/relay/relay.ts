import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { type RunningTurn, reply } from '../turns/reply.js';

/** A turn that another chat service answers. It has no follow-ups. */
export function relay(turn: { turnId: string; whenFailed: WhenFailed }, running: RunningTurn): Promise<ReplyVerdict> {
  return reply({ ...turn, kind: 'relay', beat: 0, speaker: ASSISTANT }, running);
}
