import { type FailureCode, TurnFailure } from '../../domain/log/failures.js';
import { cleanDetail } from '../errors/errorDetail.js';
import { readRetryAfter } from '../retryAfter.js';

/** An answer that is no stream, with its whole body. */
export type Refusal = { status: number; headers: Headers; body: string };

const UNSUPPORTED = 'unsupported_streaming';

/** Whether the upstream answers that it can't stream. Then the turn can be requested as one answer. */
export const cannotStream = ({ status, body }: Refusal): boolean => {
  const { code, message } = envelopeOf(body);
  return status === 400 && (String(code).includes(UNSUPPORTED) || String(message).includes(UNSUPPORTED));
};

function envelopeOf(body: string): { code?: unknown; message?: unknown } {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'object' && error !== null ? error : {};
  } catch {
    return {};
  }
}

const retriedStatuses = new Set([408, 409, 425, 429]);

/** The failure of an upstream's status. Its message is dropped, because it may be prose. */
export function fromRefusal({ status, headers, body }: Refusal): TurnFailure {
  const code: FailureCode = status >= 500 || retriedStatuses.has(status) ? 'upstream_error' : 'upstream_refused';
  const retryAfterMs = readRetryAfter(headers, Date.now());
  const { code: theirs } = envelopeOf(body);
  return new TurnFailure(code, {
    retryAfterMs,
    detail: cleanDetail({ status, code: theirs, requestId: headers.get('x-request-id') }),
    spent: status < 500 ? 'call' : 'tokens',
    cause: { status, ...(isCode(theirs) ? { upstreamCode: theirs } : {}) },
  });
}

/** The failure of an `error` frame, which says whether a retry may succeed. */
export const fromErrorFrame = (frame: { code: unknown; retryable?: boolean | null | undefined }): TurnFailure =>
  new TurnFailure(frame.retryable ? 'upstream_error' : 'upstream_refused', {
    detail: cleanDetail({ status: 200, code: frame.code }),
    cause: isCode(frame.code) ? { upstreamCode: frame.code } : {},
  });

/** Whether the value has the form of a code. */
const isCode = (value: unknown): value is string => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value);
