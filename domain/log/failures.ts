import type { ErrorDetail, PublicError, TokenUsage } from '../turns/turn.js';

/**
 * The one table of failure codes of turns and steps. `retried`: another attempt may succeed. `says`: what
 * the user sees. Codes are stable: they stand in events, in Temporal's failures and in the API.
 */
export const failures = {
  provider_unauthorized: { retried: false, says: 'The provider refused the API key.' },
  provider_refused: { retried: false, says: 'The provider refused the request.' },
  provider_quota: {
    retried: false,
    says: "The provider account's quota or credit is used up. Check its plan and billing.",
  },
  provider_not_an_api: {
    retried: false,
    says: "The answer is not that of an OpenAI-compatible API. Check the base URL: OPENAI_BASE_URL, or the one of the chat's own provider.",
  },
  context_too_long: { retried: false, says: "The request is longer than the model's context window." },
  model_not_found: { retried: false, says: 'The provider does not know the model.' },
  provider_host_not_allowed: {
    retried: false,
    says: "The host of the chat's own provider is not a public address, and the operator has not allowed it.",
  },
  provider_failed: {
    retried: true,
    says: "The chat's own provider failed. Check its address, key and model. The server's log has the cause.",
  },
  provider_key_unreadable: { retried: false, says: "The provider's key can not be read." },
  provider_rate_limited: { retried: true, says: 'The provider asked us to slow down.' },
  provider_error: { retried: true, says: 'The provider failed.' },
  provider_unreachable: { retried: true, says: 'The provider could not be reached.' },
  provider_silent: { retried: true, says: 'The provider went silent.' },
  stream_broken: { retried: true, says: 'The reply broke off.' },
  response_gone: { retried: true, says: 'The provider no longer has the reply.' },
  empty_reply: { retried: true, says: 'The provider sent an empty reply.' },
  thought_only: { retried: true, says: 'The model thought and gave no answer.' },
  bad_answer: { retried: true, says: 'The model gave an answer that could not be used.' },
  length: { retried: false, says: 'The reply reached the length limit.' },
  content_filter: { retried: false, says: "The reply was cut by the provider's content filter." },
  reply_timeout: { retried: false, says: 'The reply took longer than a reply may.' },
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

/**
 * What a failed call is known to have cost. `nothing`: the request never reached the provider. `call`: the provider
 * refused it before a model read it. `tokens`: a model may have read it.
 */
export type Spent = 'nothing' | 'call' | 'tokens';

export type FailureOptions = {
  retryAfterMs?: number | undefined;
  cause?: unknown;
  detail?: ErrorDetail | undefined;
  spent?: Spent | undefined;
  usage?: TokenUsage | null | undefined;
};

/** A failure with its stable code. Its message is the code and never contains prose or provider text. */
export class TurnFailure extends Error {
  override readonly name = 'TurnFailure';
  readonly code: FailureCode;
  /** How long the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What the provider's answer said of it, where there was one. */
  readonly detail: ErrorDetail | undefined;
  readonly spent: Spent;
  /** The usage of the call, where it is known all the same. */
  readonly usage: TokenUsage | null;

  constructor(code: FailureCode, options: FailureOptions = {}) {
    super(code, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.detail = options.detail;
    this.spent = options.spent ?? 'tokens';
    this.usage = options.usage ?? null;
  }

  get retried(): boolean {
    return failures[this.code].retried;
  }
}

/** A failure as clients see it. */
export function toPublicError(code: FailureCode, detail?: ErrorDetail | null): PublicError {
  return { code, message: failures[code].says, ...(detail ? { detail } : {}) };
}
