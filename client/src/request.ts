import { ApiError, UnreachableError } from './errors.js';

export type RequestOptions = {
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** An answer with status 2xx. `body` is null where there is none. */
export type Answer<T> = { status: number; headers: Headers; body: T };

export type Request = <T>(method: string, path: string, options?: RequestOptions) => Promise<Answer<T>>;

export type RequestSettings = {
  /** The address of the service, without a path: `http://127.0.0.1:3000`. */
  baseUrl: string;
  /** An API key. A function is asked before each request. */
  key?: string | null | (() => string | null);
  /** How long one request may take, in milliseconds; 30,000 by default. */
  timeoutMs?: number;
  fetch?: typeof fetch;
};

export const keyOf = ({ key }: Pick<RequestSettings, 'key'>): string | null =>
  (typeof key === 'function' ? key() : key) ?? null;

/** Sends single requests. Throws `ApiError`, `UnreachableError`, or the reason of `signal` once that is aborted. */
export function createRequest(settings: RequestSettings): Request {
  const { baseUrl, timeoutMs = 30_000, fetch: send = globalThis.fetch } = settings;
  const base = baseUrl.replace(/\/+$/, '');

  return async <T>(method: string, path: string, { body, headers, signal }: RequestOptions = {}) => {
    const key = keyOf(settings);
    const bound = withTimeout(timeoutMs, signal);
    try {
      const response = await send(base + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: bound.signal,
      });
      return await read<T>(response);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      signal?.throwIfAborted();
      throw new UnreachableError({ cause: error });
    } finally {
      bound.clear();
    }
  };
}

async function read<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const body = isJson && text !== '' ? (JSON.parse(text) as unknown) : text === '' ? null : text;
  if (response.ok) return { status: response.status, headers: response.headers, body: body as T };
  throw toApiError(response, body);
}

/** The error that a refusal means. Proxies in between answer without a problem document. */
function toApiError(response: Response, body: unknown): ApiError {
  const { code, detail } = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: string;
    detail?: string;
  };
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    response.status,
    code ?? 'unknown',
    detail ?? `The service answered ${response.status}.`,
    Number.isFinite(retryAfter) ? retryAfter * 1_000 : null,
  );
}

/** A signal that aborts with another one or after a time. `clear` lets go of both. */
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
