import { ASSISTANT } from '../domain/participants.js';
import type { WhenFailed } from '../domain/turn.js';
import type { ReplyVerdict } from '../domain/verdict.js';
import { type Ears, reply } from './reply.js';

/** A turn that another chat service answers: its reply, and nothing after it. */
export function relay(turn: { turnId: string; whenFailed: WhenFailed }, ears: Ears): Promise<ReplyVerdict> {
  return reply({ ...turn, kind: 'relay', beat: 0, speaker: ASSISTANT }, ears);
}
