import { isChatFull, isQueueFull } from '../timeline/chatLimits.js';
import { strongerStop } from './decideStop.js';
import type { Floor, LockedChat } from './floor.js';
import { type Refusal, refuse } from './refusal.js';
import type { StopMark, WhenBusy } from './turn.js';

/** A post. `requestHash` distinguishes a repeated post from another one with the same idempotency key. */
export type ClaimCommand = { requestHash: string; whenBusy: WhenBusy };

/** `repeated`: the turn that was claimed with the same idempotency key before. */
export type ClaimState<Turn> = Floor & { chat: LockedChat; repeated: Turn | null };

/** `rank`: the waiting turn with the lowest rank gets the floor next. */
export type ClaimDecision<Turn> =
  | Refusal<'idempotency_mismatch' | 'chat_full' | 'turn_in_progress' | 'queue_full'>
  | { action: 'repeat'; turn: Turn }
  /** The turn gets the floor. */
  | { action: 'run'; userTurnSeq: number; rank: number }
  | { action: 'queue'; userTurnSeq: number; rank: number; stop: { turnId: string; mark: StopMark } | null };

/** Decides whether a chat accepts another turn, and whether it runs or waits. */
export function decideClaim<Turn extends { requestHash: string }>(
  { requestHash, whenBusy }: ClaimCommand,
  { chat, repeated, queued, holderStop }: ClaimState<Turn>,
): ClaimDecision<Turn> {
  if (repeated) return decideRepeat(requestHash, repeated);
  if (isChatFull(chat)) return refuse('chat_full');
  const userTurnSeq = chat.seq + 1;
  const holderId = chat.activeTurnId;
  if (holderId === null) return { action: 'run', userTurnSeq, rank: userTurnSeq };
  if (whenBusy === 'reject') return refuse('turn_in_progress');
  if (isQueueFull(queued)) return refuse('queue_full');
  switch (whenBusy) {
    case 'enqueue':
      return { action: 'queue', userTurnSeq, rank: userTurnSeq, stop: null };
    case 'interrupt':
    case 'rollback': {
      const stop = { turnId: holderId, mark: strongerStop(holderStop, whenBusy) };
      return { action: 'queue', userTurnSeq, rank: headRank(userTurnSeq), stop };
    }
  }
}

/** The rank of an interrupting turn: before every waiting turn, including earlier interrupting ones. */
const headRank = (userTurnSeq: number): number => -userTurnSeq;

/** Decides about a post whose idempotency key has claimed a turn before. */
export function decideRepeat<Turn extends { requestHash: string }>(
  requestHash: string,
  repeated: Turn,
): Refusal<'idempotency_mismatch'> | { action: 'repeat'; turn: Turn } {
  return repeated.requestHash === requestHash ? { action: 'repeat', turn: repeated } : refuse('idempotency_mismatch');
}
