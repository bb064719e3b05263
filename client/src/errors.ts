/**
 * The service refused a request (RFC 9457). `code` is stable and documented, `message` is for people, `status` is the
 * HTTP status. `retryAfterMs` is what `Retry-After` asked for.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

/** The service could not be reached, or did not answer in time. Whether it took the request is not known. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'unreachable';
  constructor(options?: ErrorOptions) {
    super('The service cannot be reached.', options);
  }
}

/**
 * A chat can not be followed: the cursor, the key or the chat's id is wrong. `closeCode` is the WebSocket close code.
 */
export class FollowError extends Error {
  override readonly name = 'FollowError';
  constructor(
    readonly code: FollowEnd,
    readonly closeCode: number,
  ) {
    super(followEnds[code]);
  }
}

/** Messages of `FollowError`, by its code. */
export const followEnds = {
  invalid_cursor: 'The cursor is beyond the end of the chat.',
  unauthorized: 'The key was refused.',
  chat_not_found: 'The chat does not exist.',
} as const;
export type FollowEnd = keyof typeof followEnds;

/** Whether the same request may succeed later: the service is unreachable, failing or too busy. */
export const isTransient = (error: unknown): boolean =>
  error instanceof UnreachableError || (error instanceof ApiError && (error.status >= 500 || error.status === 429));
