/** When the next token came to a stream that a fault interrupted. */
export type Recovery = {
  /** A viewer got a token of the turn. */
  token(turnId: string): void;
  /** The turn's reply has landed: no token is to come. */
  landed(turnId: string): void;
  /** A fault has just had its effect; says how many streams were in flight. */
  mark(fault: string): number;
  /** Milliseconds from a fault to the next token, by fault, of streams that it interrupted. */
  times(): Map<string, number[]>;
  /** Streams in flight at a fault, and those that had no gap after it. */
  counts(): { inFlight: number; uninterrupted: number };
};

/** A pause between two tokens that is longer than the provider's by far is an interruption. */
const gapMs = 400;
/** A gap that begins later than this after a fault is another one's. */
const causedWithinMs = 1_500;
const watchedMs = 120_000;

type Pending = { fault: string; at: number; turnId: string };

export function createRecovery(): Recovery {
  const lastToken = new Map<string, number>();
  const times = new Map<string, number[]>();
  let pending: Pending[] = [];
  let inFlight = 0;
  let uninterrupted = 0;

  function settle(turnId: string, decide: (one: Pending) => 'keep' | 'recovered' | 'uninterrupted', now: number): void {
    pending = pending.filter((one) => {
      if (one.turnId !== turnId) return now - one.at < watchedMs;
      const decided = decide(one);
      if (decided === 'uninterrupted') uninterrupted += 1;
      if (decided === 'recovered') times.set(one.fault, [...(times.get(one.fault) ?? []), now - one.at]);
      return decided === 'keep';
    });
  }

  return {
    token(turnId) {
      const now = Date.now();
      const before = lastToken.get(turnId) ?? now;
      lastToken.set(turnId, now);
      settle(
        turnId,
        ({ at }) => {
          if (before > at + causedWithinMs) return 'uninterrupted';
          return now > at && now - before >= gapMs ? 'recovered' : 'keep';
        },
        now,
      );
    },
    landed(turnId) {
      const now = Date.now();
      const before = lastToken.get(turnId) ?? now;
      settle(turnId, () => (now - before >= gapMs ? 'recovered' : 'uninterrupted'), now);
      lastToken.delete(turnId);
    },
    mark(fault) {
      const at = Date.now();
      const streaming = [...lastToken].filter(([, last]) => at - last < gapMs).map(([turnId]) => turnId);
      pending.push(...streaming.map((turnId) => ({ fault, at, turnId })));
      inFlight += streaming.length;
      return streaming.length;
    },
    times: () => times,
    counts: () => ({ inFlight, uninterrupted }),
  };
}
