import { APIError } from 'openai';
import { type FailureCode, NO_FINISH_REASON, TurnFailure } from '../../domain/log/failures.js';
import type { ErrorDetail } from '../../domain/turns/turn.js';
import { readRetryAfter } from '../retryAfter.js';
import { cleanDetail } from './errorDetail.js';
import { type ErrorFields, meaningOf, namedError } from './errorMeaning.js';
import { keepSaid } from './saidInside.js';

/**
 * The cause of a `TurnFailure`: statuses and codes of a provider's failure. Messages, bodies and headers are dropped,
 * because they may contain prose or the key.
 */
type ProviderFault = {
  status?: number;
  providerCode?: string;
  providerRequestId?: string;
  /** Code of the system or the HTTP client, such as ECONNREFUSED. */
  systemCode?: string;
};

const codeByStatus: Partial<Record<number, FailureCode>> = {
  401: 'provider_unauthorized',
  402: 'provider_quota',
  403: 'provider_unauthorized',
  404: 'model_not_found',
  408: 'provider_error',
  409: 'provider_error',
  // A gateway's limit; the answer is often a page.
  413: 'context_too_long',
  425: 'provider_error',
  429: 'provider_rate_limited',
  // Of gateways: no capacity, and a connection that was closed before the answer.
  498: 'provider_error',
  499: 'provider_error',
};

/** The failure of a request: the provider refused it, or did not answer. Undefined for another kind of error. */
export function fromRequestError(error: unknown, now: number): TurnFailure | undefined {
  return error instanceof APIError ? fromApiError(error, now) : undefined;
}

/** An error of a client library: without a status the provider did not answer. `error` is the provider's error object. */
export type ApiError = {
  status: number | undefined;
  headers: Headers | undefined;
  requestID: string | null | undefined;
  error?: unknown;
  cause?: unknown;
};

export function fromApiError(error: ApiError, now: number): TurnFailure {
  const { status } = error;
  if (status === undefined) {
    const systemCode = systemCodeOf(error);
    if (systemCode === 'ADDRESS_REFUSED')
      return new TurnFailure('provider_host_not_allowed', { cause: faultOf({ systemCode }), spent: 'nothing' });
    const spent = typeof systemCode !== 'string' || neverSent.test(systemCode) ? 'nothing' : 'tokens';
    return new TurnFailure('provider_unreachable', { cause: faultOf({ systemCode }), spent });
  }
  const fields = (error.error ?? {}) as ErrorFields;
  const requestId = error.requestID ?? error.headers?.get('request-id') ?? fields.request_id;
  return new TurnFailure(isForeign(status, fields) ? 'provider_not_an_api' : codeOf(status, fields), {
    retryAfterMs: error.headers && readRetryAfter(error.headers, now),
    cause: faultOf({ status, providerCode: fields.code, providerRequestId: requestId }),
    detail: detailOf(status, fields, requestId),
    spent: status < 500 ? 'call' : 'tokens',
  });
}

/** Codes of the system and the HTTP client that mean that no connection was made. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|EPROTO|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+)$/;

/** Whether the answer is not of such an API: a redirect, a page, or a 404 or 405 without an error object. */
const isForeign = (status: number, { foreign }: ErrorFields): boolean =>
  isRedirect(status) ||
  (foreign !== undefined &&
    (status === 404 ||
      status === 405 ||
      (foreign === 'html' && (codeByStatus[status] ?? fromStatus(status)) === 'provider_refused')));

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

const codeOf = (status: number, fields: ErrorFields): FailureCode => meaningOf(fields, status) ?? fromStatus(status);

const detailOf = (status: number, fields: ErrorFields, requestId?: unknown): ErrorDetail =>
  cleanDetail({
    status,
    code: typeof fields.code === 'string' ? fields.code : fields.status,
    type: fields.type,
    param: fields.param,
    requestId,
  });

/** The failure of a connection that broke during the stream. */
export function fromBrokenStream(error: unknown): TurnFailure {
  return new TurnFailure('stream_broken', { cause: faultOf({ systemCode: systemCodeOf(error) }) });
}

/** The failure of an `error` object in an answer of status 200. Its code may be a word, or a status as number or text. */
export function fromErrorObject(error: unknown): TurnFailure {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as ErrorFields;
  const status = [fields.code, fields.status].map(Number).find(isErrorStatus);
  const named = meaningOf(fields, status) ?? (status ? fromStatus(status) : namedError(fields));
  const failure = new TurnFailure(named ?? 'provider_error', {
    cause: faultOf(status ? { status } : { providerCode: fields.code ?? fields.type }),
    detail: detailOf(status ?? 200, fields, fields.request_id),
  });
  return keepSaid(failure, fields);
}

const isErrorStatus = (status: number): boolean => Number.isInteger(status) && status >= 400 && status < 600;

/** The failure of an answer of status 2xx that is not of such an API. */
export const notAnApi = (status: number): TurnFailure =>
  new TurnFailure('provider_not_an_api', { cause: faultOf({ status }), detail: { status }, spent: 'call' });

/** Throws `provider_not_an_api` for an answer that says that it has no content: no such API sends it. */
export function checkHasContent({ status }: { status: number }): void {
  if (status === NO_CONTENT || status === RESET_CONTENT) throw notAnApi(status);
}

const NO_CONTENT = 204;
const RESET_CONTENT = 205;

/** The failure of a stream that ended with `[DONE]` and without a finish reason: it may be whole. */
export const withoutFinishReason = (): TurnFailure =>
  new TurnFailure('stream_broken', {
    cause: faultOf({ providerCode: NO_FINISH_REASON }),
    detail: { status: 200, code: NO_FINISH_REASON },
  });

const fromStatus = (status: number): FailureCode =>
  codeByStatus[status] ?? (status >= 400 && status < 500 ? 'provider_refused' : 'provider_error');

function faultOf(found: { [K in keyof ProviderFault]: unknown }): ProviderFault {
  return {
    ...(typeof found.status === 'number' ? { status: found.status } : {}),
    ...word('providerCode', found.providerCode, /^[a-z0-9_]{1,64}$/),
    ...word('providerRequestId', found.providerRequestId, /^[\w-]{1,128}$/),
    ...word('systemCode', found.systemCode, /^[A-Z0-9_]{1,64}$/),
  };
}

/** Keeps a value from outside only if it has the form of a code. */
function word(name: keyof ProviderFault, value: unknown, shape: RegExp): ProviderFault {
  return typeof value === 'string' && shape.test(value) ? { [name]: value } : {};
}

/** The innermost code: HTTP clients wrap the system's error. */
function systemCodeOf(error: unknown): unknown {
  let code: unknown;
  let at = error as { code?: unknown; cause?: unknown } | undefined;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    if (typeof at.code === 'string') code = at.code;
    at = at.cause as typeof at;
  }
  return code;
}
