import type { FirstToken, Lease } from '../../db/streaming/leases.js';
import type { AttemptEnd, AttemptStart, CallWatch, ReplyAttempt, Telemetry } from '../telemetry.js';
import type { StreamedStep } from './streamedStep.js';

/** Counts, logs and traces one attempt. */
export type AttemptReport = {
  began(how: AttemptStart): void;
  ended(end: AttemptEnd): void;
  /** For the call of the model that the attempt makes. */
  watchCall(model: string): CallWatch & { firstToken(first: FirstToken): void };
};

export function reportAttempt<P, V>(
  telemetry: Telemetry,
  { key, kind, name }: StreamedStep<P, V>,
  { chatId, attempt, lost }: Lease,
): AttemptReport {
  const at: ReplyAttempt = { turnId: key.turnId, chatId, kind, step: name, attempt };
  return {
    began: (how) => telemetry.attemptBegan(at, how, lost),
    ended: (end) => telemetry.attemptEnded(at, end),
    watchCall: (model) => ({
      ...telemetry.calls({ ...at, purpose: kind === 'agent' ? 'iteration' : 'reply', model }),
      firstToken: (first) => telemetry.firstToken(kind, first),
    }),
  };
}
