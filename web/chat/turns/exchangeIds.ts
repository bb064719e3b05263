import type { Exchange } from '../../timeline/timeline.js';

/**
 * The seq of the last event that a rewind to an exchange keeps. A message that was sent after its reply is removed,
 * also where the follow-ups of the reply had not ended. A message that was queued during the reply is in the log
 * before it, and is kept.
 */
export function endSeqOf(exchange: Exchange, next: Exchange | undefined): number {
  const replied = Math.max(exchange.seq, ...exchange.beats.map(({ seq }) => seq));
  if (next && next.seq > replied) return next.seq - 1;
  return Math.max(replied, ...[...exchange.ends.values()].map(({ seq }) => seq));
}

/** The turn whose reply is in the timeline, or will be; empty where there is none. */
export function currentTurnId(exchange: Exchange): string {
  return exchange.beats.at(-1)?.turnId ?? exchange.turnIds.at(-1) ?? '';
}
