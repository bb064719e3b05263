import type { Exchange } from '../timeline/timeline.js';

/**
 * The last event that stays when the chat goes back to an exchange. What was said after its reply goes, also where
 * that was before all had followed from the reply; what was queued while the reply still came is in the log before
 * it, and stays.
 */
export function endSeqOf(exchange: Exchange, next: Exchange | undefined): number {
  const spoken = Math.max(exchange.seq, ...exchange.beats.map(({ seq }) => seq));
  if (next && next.seq > spoken) return next.seq - 1;
  return Math.max(spoken, ...[...exchange.ends.values()].map(({ seq }) => seq));
}

/** The turn whose reply is in the timeline, or is to come: the one to regenerate, to list the versions of, to ask about. */
export function currentTurnId(exchange: Exchange): string {
  return exchange.beats.at(-1)?.turnId ?? exchange.turnIds.at(-1) ?? '';
}
