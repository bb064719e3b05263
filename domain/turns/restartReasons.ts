/**
 * The table of reasons why a draft is restarted: the `reason` of a `restart` frame. Codes are stable. After the last two
 * nothing more of the reply is streamed: the log has the text that was kept.
 */
export const restartReasons = {
  worker_lost: 'The worker that wrote the reply was lost.',
  handed_over: 'The worker that wrote the reply was stopped, and another one took over.',
  provider_failed: 'The provider failed, or broke the reply off.',
  provider_changed: 'The provider failed for good, and another one was asked.',
  new_attempt: 'Another attempt writes the reply.',
  kept_text: 'Another text was kept than the one that was sent, or less of it.',
  dropped: 'Nothing of the draft was kept.',
} as const;

export type RestartReason = keyof typeof restartReasons;

export function isRestartReason(code: unknown): code is RestartReason {
  return typeof code === 'string' && Object.hasOwn(restartReasons, code);
}

/** What is known of the attempts before the one that restarts a draft. */
export type AttemptsBefore = {
  /** The last one never recorded how it ended. */
  lost: boolean;
  /** The fallback is asked now; its failures are counted from 0. */
  onFallback: boolean;
  failures: number;
  /** The code of the last failure, null when none is known or the last attempt did not fail. */
  lastError: string | null;
};

/** Why an attempt that can't continue the draft writes another one. */
export function restartReasonOf({ lost, onFallback, failures, lastError }: AttemptsBefore): RestartReason {
  if (lost) return 'worker_lost';
  if (onFallback && failures === 0) return 'provider_changed';
  return lastError === null ? 'handed_over' : 'provider_failed';
}
