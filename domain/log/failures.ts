import type { ErrorDetail, PublicError, TokenUsage } from '../turns/turn.js';

/**
 * The table of failure codes of turns and steps. `retried`: another attempt may succeed. `message`: what the user
 * sees. Codes are stable, because events, Temporal failures and the API contain them.
 */
export const failures = {
  provider_unauthorized: { retried: false, message: 'The provider refused the API key. Check it.' },
  provider_refused: { retried: false, message: 'The provider refused the request.' },
  provider_quota: {
    retried: false,
    message: "The provider account's quota or credit is used up. Check its plan and billing.",
  },
  provider_not_an_api: {
    retried: false,
    message:
      "The answer is not that of a model provider's API. Check the base URL: OPENAI_BASE_URL, or the one of the chat's own provider.",
  },
  context_too_long: {
    retried: false,
    message: "The request is longer than the model's context window. Shorten it, or choose a model with a larger one.",
  },
  images_unsupported: {
    retried: false,
    message: 'The model takes no images. Choose a model that does, or send the message without them.',
  },
  image_refused: {
    retried: false,
    message: 'The provider could not use an image. Attach a smaller one, or one in another format.',
  },
  model_not_found: { retried: false, message: 'The provider does not know the model. Check its name.' },
  provider_host_not_allowed: {
    retried: false,
    message: "The host of the chat's own provider is not a public address, and the operator has not allowed it.",
  },
  provider_failed: {
    retried: true,
    message: "The chat's own provider failed. Check its address, key and model. The server's log has the cause.",
  },
  provider_gone: {
    retried: false,
    message: "The chat's own provider was deleted. Choose another one in the chat's settings.",
  },
  provider_key_unreadable: { retried: false, message: "The provider's key can not be read." },
  provider_rate_limited: { retried: true, message: 'The provider asked us to slow down.' },
  provider_error: { retried: true, message: 'The provider failed.' },
  provider_unreachable: { retried: true, message: 'The provider could not be reached.' },
  provider_silent: { retried: true, message: 'The provider went silent.' },
  stream_broken: { retried: true, message: 'The reply broke off.' },
  response_gone: { retried: true, message: 'The provider no longer has the reply.' },
  empty_reply: { retried: true, message: 'The provider sent an empty reply.' },
  thought_only: { retried: true, message: 'The model thought and gave no answer. Try again, or allow it more tokens.' },
  bad_answer: { retried: true, message: 'The model gave an answer that could not be used.' },
  length: { retried: false, message: 'The reply reached the length limit.' },
  content_filter: {
    retried: false,
    message: "The provider's content filter refused the request or cut the reply. Try other words.",
  },
  reply_timeout: { retried: false, message: 'The reply took longer than a reply may.' },
  max_iterations: { retried: false, message: 'The agent asked for tools more often than it may.' },
  reply_too_large: { retried: false, message: 'The reply is larger than can be kept.' },
  upstream_unreachable: { retried: true, message: 'The other chat service could not be reached.' },
  upstream_silent: { retried: true, message: 'The other chat service went silent.' },
  upstream_error: { retried: true, message: 'The other chat service failed.' },
  upstream_refused: { retried: false, message: 'The other chat service refused the turn.' },
  upstream_timeout: { retried: false, message: 'The other chat service took too long.' },
  jwt_mint_failed: { retried: false, message: 'The token for the other chat service could not be made.' },
  superseded: { retried: true, message: 'A newer attempt took over.' },
  workflow_terminated: { retried: false, message: 'The turn was terminated by an operator.' },
  workflow_failing: { retried: false, message: 'The turn could not go on, and the chat went on without it.' },
  workflow_lost: { retried: false, message: 'The turn was lost by the engine and closed.' },
  turn_gone: { retried: false, message: 'The turn no longer exists.' },
  internal: { retried: true, message: 'Something went wrong on our side.' },
} as const satisfies Record<string, { retried: boolean; message: string }>;

export type FailureCode = keyof typeof failures;

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failures, code);
}

/** The code in the detail of `stream_broken` where a reply ended in order and without a finish reason: it may be whole. */
export const NO_FINISH_REASON = 'no_finish_reason';

/**
 * What a failed call cost, as far as is known. `nothing`: the request did not reach the provider. `call`: the provider
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
  /** Codes from the provider's answer, if there was one. */
  readonly detail: ErrorDetail | undefined;
  readonly spent: Spent;
  /** The usage of the failed call; null if unknown. */
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
  return { code, message: failures[code].message, ...(detail ? { detail } : {}) };
}
