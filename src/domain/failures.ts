/**
 * The one table of failure codes of turns and steps. `retried`: another attempt may succeed. `says`: what
 * the user sees. Codes are stable: they stand in events, in Temporal's failures and in the API.
 */
export const failures = {
  provider_unauthorized: { retried: false, says: 'The provider refused the API key.' },
  provider_refused: { retried: false, says: 'The provider refused the request.' },
  model_not_found: { retried: false, says: 'The provider does not know the model.' },
  provider_key_unreadable: { retried: false, says: "The provider's key can not be read." },
  provider_rate_limited: { retried: true, says: 'The provider asked us to slow down.' },
  provider_error: { retried: true, says: 'The provider failed.' },
  provider_unreachable: { retried: true, says: 'The provider could not be reached.' },
  provider_silent: { retried: true, says: 'The provider went silent.' },
  stream_broken: { retried: true, says: 'The reply broke off.' },
  response_gone: { retried: true, says: 'The provider no longer has the reply.' },
  empty_reply: { retried: true, says: 'The provider sent an empty reply.' },
  bad_answer: { retried: true, says: 'The model gave an answer that could not be used.' },
  length: { retried: false, says: 'The reply reached the length limit.' },
  content_filter: { retried: false, says: "The reply was cut by the provider's content filter." },
  max_iterations: { retried: false, says: 'The agent asked for tools more often than it may.' },
  reply_too_large: { retried: false, says: 'The reply is larger than can be kept.' },
  upstream_unreachable: { retried: true, says: 'The other chat service could not be reached.' },
  upstream_silent: { retried: true, says: 'The other chat service went silent.' },
  upstream_error: { retried: true, says: 'The other chat service failed.' },
  upstream_refused: { retried: false, says: 'The other chat service refused the turn.' },
  upstream_timeout: { retried: false, says: 'The other chat service took too long.' },
  jwt_mint_failed: { retried: false, says: 'The token for the other chat service could not be made.' },
  superseded: { retried: true, says: 'A newer attempt took over.' },
  workflow_terminated: { retried: false, says: 'The turn was terminated by an operator.' },
  workflow_failing: { retried: false, says: 'The turn could not go on, and the chat went on without it.' },
  workflow_lost: { retried: false, says: 'The turn was lost by the engine and closed.' },
  turn_gone: { retried: false, says: 'The turn no longer exists.' },
  internal: { retried: true, says: 'Something went wrong on our side.' },
} as const satisfies Record<string, { retried: boolean; says: string }>;

export type FailureCode = keyof typeof failures;

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failures, code);
}

/** A failure with its stable code. Its message is the code: prose and provider text never ride along. */
export class TurnFailure extends Error {
  override readonly name = 'TurnFailure';
  readonly code: FailureCode;
  /** How long the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: FailureCode, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(code, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retried(): boolean {
    return failures[this.code].retried;
  }
}

/** What clients are told about a failure. */
export function toPublicError(code: FailureCode): { code: string; message: string } {
  return { code, message: failures[code].says };
}
