/**
 * The table of reasons why a draft is restarted: the `reason` of a `restart` frame. Codes are stable. After the last two
 * no more of the reply is streamed: the log has the kept text.
 */
export const restartReasons = {
  worker_lost: 'The worker that wrote the reply was lost.',
  handed_over: 'The worker that wrote the reply was stopped, and another one took over.',
  provider_failed: 'The provider failed, or broke the reply off.',
  provider_changed: 'The provider failed for good, and another one was asked.',
  new_attempt: 'Another attempt writes the reply.',
  thinking_separated: "What was sent as text was the model's thinking.",
  kept_text: 'Another text was kept than the one that was sent, or less of it.',
  dropped: 'Nothing of the draft was kept.',
} as const;

export type RestartReason = keyof typeof restartReasons;

export function isRestartReason(code: unknown): code is RestartReason {
  return typeof code === 'string' && Object.hasOwn(restartReasons, code);
}

/** The attempts before the one that restarts a draft. */
export type AttemptsBefore = {
  /** The last attempt did not record how it ended. */
  lost: boolean;
  /** The fallback is used now; its failures are counted from 0. */
  onFallback: boolean;
  failures: number;
  /** The code of the last failure; null if none is known or the last attempt did not fail. */
  lastError: string | null;
};

/** The reason why an attempt restarts the draft instead of continuing it. */
export function restartReasonOf({ lost, onFallback, failures, lastError }: AttemptsBefore): RestartReason {
  if (lost) return 'worker_lost';
  if (onFallback && failures === 0) return 'provider_changed';
  return lastError === null ? 'handed_over' : 'provider_failed';
}
