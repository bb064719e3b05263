/** What a chat may hold: turns that wait for the floor, events of its log, and bytes of their data. */
export const chatLimits = { queued: 100, events: 100_000, logBytes: 128 * 1024 * 1024 } as const;

/** Whether clients may add no more to a log. Turns that run may still append. `logBytes` is null where it was never counted. */
export const isChatFull = ({ seq, logBytes }: { seq: number; logBytes: number | null }): boolean =>
  seq >= chatLimits.events || (logBytes ?? 0) >= chatLimits.logBytes;

export const isQueueFull = (queued: number): boolean => queued >= chatLimits.queued;
