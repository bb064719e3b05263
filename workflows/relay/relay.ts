import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { type Ears, reply } from '../turns/reply.js';

/** A turn that another chat service answers: its reply, and nothing after it. */
export function relay(turn: { turnId: string; whenFailed: WhenFailed }, ears: Ears): Promise<ReplyVerdict> {
  return reply({ ...turn, kind: 'relay', beat: 0, speaker: ASSISTANT }, ears);
}
