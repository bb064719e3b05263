/** When a viewer is closed because it does not read what it is sent. */
export const slowViewerLimits = {
  /** Bytes of backlog above which a viewer that takes nothing for `stalledMs` is too slow. */
  stalledBytes: 1024 * 1024,
  stalledMs: 3_000,
  /** Milliseconds after which a viewer that takes nothing is too slow, however small its backlog. */
  silentMs: 10_000,
  /** Bytes of backlog above which a viewer is too slow at once. */
  maxBacklog: 32 * 1024 * 1024,
} as const;

/** What is left to send, what of it is in the sink's buffer, and what was sent so far, in bytes. */
export type SinkProgress = { backlog: number; buffered: number; sent: number };

/** Whether a viewer is too slow at a time in milliseconds. Call it at regular intervals: it compares with earlier calls. */
export type SlowViewerCheck = (progress: SinkProgress, now: number) => boolean;

export function createSlowViewerCheck(): SlowViewerCheck {
  let mostSent = Number.NEGATIVE_INFINITY;
  let lastProgressAt = 0;
  return ({ backlog, buffered, sent }, now) => {
    if (buffered === 0 || sent > mostSent || mostSent === Number.NEGATIVE_INFINITY) {
      mostSent = Math.max(mostSent, sent);
      lastProgressAt = now;
    }
    const stalledFor = now - lastProgressAt;
    return (
      backlog > slowViewerLimits.maxBacklog ||
      (backlog > slowViewerLimits.stalledBytes && stalledFor >= slowViewerLimits.stalledMs) ||
      stalledFor >= slowViewerLimits.silentMs
    );
  };
}
