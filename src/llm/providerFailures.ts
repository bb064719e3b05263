import { APIError } from 'openai';
import { type FailureCode, TurnFailure } from '../domain/failures.js';
import { readRetryAfter } from './retryAfter.js';

/**
 * What is known of a provider's failure, as the cause of a `TurnFailure`: statuses and codes only. Messages,
 * bodies and headers stay behind, for they may hold prose or the key.
 */
type ProviderFault = {
  status?: number;
  providerCode?: string;
  providerRequestId?: string;
  /** Code of the system or the HTTP client, such as ECONNREFUSED. */
  systemCode?: string;
};

const finalStatuses: Partial<Record<number, FailureCode>> = {
  401: 'provider_unauthorized',
  403: 'provider_unauthorized',
  404: 'model_not_found',
  408: 'provider_error',
  409: 'provider_error',
  425: 'provider_error',
  429: 'provider_rate_limited',
};

/** Codes and types of error objects, as OpenAI and the servers that follow it name them. */
const namedErrors: Record<string, FailureCode> = {
  model_not_found: 'model_not_found',
  invalid_api_key: 'provider_unauthorized',
  authentication_error: 'provider_unauthorized',
  permission_error: 'provider_unauthorized',
  rate_limit_exceeded: 'provider_rate_limited',
  rate_limit_error: 'provider_rate_limited',
  insufficient_quota: 'provider_rate_limited',
  context_length_exceeded: 'provider_refused',
  invalid_request_error: 'provider_refused',
};

/** A request that got no stream: the provider's answer, or none at all. */
export function fromRequestError(error: unknown, now: number): TurnFailure | undefined {
  if (!(error instanceof APIError)) return undefined;
  if (error.status === undefined) {
    return new TurnFailure('provider_unreachable', { cause: faultOf({ systemCode: systemCodeOf(error) }) });
  }
  const code = error.code === 'model_not_found' ? 'model_not_found' : fromStatus(error.status);
  const retryAfterMs = error.headers && readRetryAfter(error.headers, now);
  return new TurnFailure(code, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause: faultOf({ status: error.status, providerCode: error.code, providerRequestId: error.requestID }),
  });
}

/** A connection that broke while the reply was streamed. */
export function fromBrokenStream(error: unknown): TurnFailure {
  return new TurnFailure('stream_broken', { cause: faultOf({ systemCode: systemCodeOf(error) }) });
}

/** An `error` object inside the stream. Its code may be a word, or a status as number or text. */
export function fromErrorObject(error: unknown): TurnFailure {
  const { code, type } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const status = Number(code);
  const isStatus = Number.isInteger(status) && status >= 400 && status < 600;
  const named = [code, type].find((name) => typeof name === 'string' && Object.hasOwn(namedErrors, name));
  const failure = isStatus ? fromStatus(status) : typeof named === 'string' ? namedErrors[named] : undefined;
  return new TurnFailure(failure ?? 'provider_error', {
    cause: faultOf({ ...(isStatus ? { status } : { providerCode: code ?? type }) }),
  });
}

function fromStatus(status: number): FailureCode {
  return finalStatuses[status] ?? (status >= 400 && status < 500 ? 'provider_refused' : 'provider_error');
}

function faultOf(found: { [K in keyof ProviderFault]: unknown }): ProviderFault {
  return {
    ...(typeof found.status === 'number' ? { status: found.status } : {}),
    ...word('providerCode', found.providerCode, /^[a-z0-9_]{1,64}$/),
    ...word('providerRequestId', found.providerRequestId, /^[\w-]{1,128}$/),
    ...word('systemCode', found.systemCode, /^[A-Z0-9_]{1,64}$/),
  };
}

/** Only what looks like a code is kept: these come from outside. */
function word(name: keyof ProviderFault, value: unknown, shape: RegExp): ProviderFault {
  return typeof value === 'string' && shape.test(value) ? { [name]: value } : {};
}

/** The innermost code: HTTP clients wrap the system's error in their own. */
function systemCodeOf(error: unknown): unknown {
  let code: unknown;
  let at = error as { code?: unknown; cause?: unknown } | undefined;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    if (typeof at.code === 'string') code = at.code;
    at = at.cause as typeof at;
  }
  return code;
}
