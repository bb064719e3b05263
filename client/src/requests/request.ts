import { ApiError, UnreachableError } from '../errors.js';

export type RequestOptions = {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as they are, instead of `body`. The headers must have their `content-type`. */
  bytes?: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;
  /** How the body of a successful answer is read. By default as JSON or text. */
  as?: 'blob';
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** How long the request may take, in milliseconds; as the client's `timeoutMs` by default. */
  timeoutMs?: number;
};

/** An answer of the service. `body` is the parsed JSON, a string if it is not JSON, and null if it is empty. */
export type Answer<T> = { status: number; headers: Headers; body: T };

export type Request = <T>(method: string, path: string, options?: RequestOptions) => Promise<Answer<T>>;

export type RequestSettings = {
  /** The address of the service, without a path: `http://127.0.0.1:3000`. */
  baseUrl: string;
  /** An API key, or a function that is called before each request. */
  key?: string | null | (() => string | null);
  /** How long one request may take, in milliseconds; 30,000 by default. */
  timeoutMs?: number;
  fetch?: typeof fetch;
};

export const keyOf = ({ key }: Pick<RequestSettings, 'key'>): string | null =>
  (typeof key === 'function' ? key() : key) ?? null;

/**
 * Returns a function that sends one request and resolves with the answer of any status. It throws `UnreachableError`
 * without an answer in time, and the reason of `signal` if that is aborted.
 */
export function createSend(settings: RequestSettings): Request {
  const { baseUrl, timeoutMs = 30_000, fetch: send = globalThis.fetch } = settings;
  const base = baseUrl.replace(/\/+$/, '');

  return async <T>(method: string, path: string, options: RequestOptions = {}) => {
    const { body, bytes, as, headers, signal } = options;
    const key = keyOf(settings);
    const bound = withTimeout(options.timeoutMs ?? timeoutMs, signal);
    try {
      const response = await send(base + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(bytes === undefined ? {} : { body: bytes }),
        signal: bound.signal,
      });
      return await read<T>(response, as);
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError({ cause: error });
    } finally {
      bound.clear();
    }
  };
}

/** Wraps `send`: throws `ApiError` for every status other than 2xx. */
export function throwRefusals(send: Request): Request {
  return async <T>(method: string, path: string, options?: RequestOptions) => {
    const answer = await send<T>(method, path, options);
    if (answer.status < 200 || answer.status > 299) throw toApiError(answer);
    return answer;
  };
}

async function read<T>(response: Response, as: RequestOptions['as']): Promise<Answer<T>> {
  if (as === 'blob' && response.ok)
    return { status: response.status, headers: response.headers, body: (await response.blob()) as T };
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const body = isJson && text !== '' ? (JSON.parse(text) as unknown) : text === '' ? null : text;
  return { status: response.status, headers: response.headers, body: body as T };
}

/** The error for a refusal. Answers of proxies have no problem document. */
function toApiError({ status, headers, body }: Answer<unknown>): ApiError {
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: string;
    detail?: string;
  };
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    status,
    code ?? 'unknown',
    detail ?? `The service answered ${status}.`,
    Number.isFinite(retryAfter) ? retryAfter * 1_000 : null,
  );
}

/** A signal that aborts with `outer` or after `ms` milliseconds. `clear` removes the timer and the listener. */
function withTimeout(ms: number, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${ms} ms`)), ms);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}
