import { TurnFailure } from '../../domain/log/failures.js';
import type { ErrorDetail } from '../../domain/turns/turn.js';

/** Details of a provider's answer, as it sent them. */
export type RawDetail = { status: number; code?: unknown; type?: unknown; param?: unknown; requestId?: unknown };

const WORD = /^[\w.-]{1,64}$/;
const PATH = /^[\w.\-[\]]{1,128}$/;
const ID = /^[\w.:-]{1,128}$/;

/**
 * The details that clients may see: values in the form of a code. Messages, bodies and headers are dropped, because they
 * may contain prose or the key.
 */
export function cleanDetail(raw: RawDetail): ErrorDetail {
  const clean = (name: 'code' | 'type' | 'param' | 'requestId', shape: RegExp) => {
    const text = raw[name];
    return typeof text === 'string' && shape.test(text) ? { [name]: text } : {};
  };
  return {
    status: raw.status,
    ...clean('code', WORD),
    ...clean('type', WORD),
    ...clean('param', PATH),
    ...clean('requestId', ID),
  };
}

/** The failure without values that contain the key, which may have the form of a code. */
export function withoutKey(error: unknown, key: string | undefined): unknown {
  if (!(error instanceof TurnFailure) || !key || !JSON.stringify([error.detail, error.cause]).includes(key))
    return error;
  const { code, retryAfterMs, spent, usage } = error;
  const without = <T extends object>(fields: T): T =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => !String(value).includes(key))) as T;
  const cause = typeof error.cause === 'object' && error.cause !== null ? without(error.cause) : undefined;
  return new TurnFailure(code, { retryAfterMs, spent, usage, cause, detail: error.detail && without(error.detail) });
}
