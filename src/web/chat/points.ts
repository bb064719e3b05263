import type { Exchange } from '../timeline.js';

/**
 * The last event that stays when the chat goes back to an exchange. A user turn that was queued meanwhile is in the
 * log before this exchange's end: it goes too only where it came after the reply.
 */
export function endOf(exchange: Exchange, next: Exchange | undefined): number {
  const ended = Math.max(
    exchange.seq,
    ...exchange.beats.map(({ seq }) => seq),
    ...[...exchange.ends.values()].map(({ seq }) => seq),
  );
  return next && next.seq > ended ? next.seq - 1 : ended;
}

/** The turn whose reply is in the timeline, or is to come: the one to regenerate, to list the versions of, to ask about. */
export function turnOf(exchange: Exchange): string {
  return exchange.beats.at(-1)?.turnId ?? exchange.turnIds.at(-1) ?? '';
}
