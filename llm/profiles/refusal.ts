import { APIError } from 'openai';
import type { FailureCode } from '../../domain/log/failures.js';
import type { ErrorFields } from '../errors/errorMeaning.js';
import { fromRequestError } from '../errors/providerFailures.js';

/** A provider's refusal of a request, as far as one can learn from it. It holds prose, and is never stored or logged. */
export type Refusal = {
  status: number;
  code: FailureCode;
  /** The provider's own code for the refusal. */
  providerCode: string;
  /** The paths of the fields that the refusal is about. */
  paths: string[];
  message: string;
};

/** Templates of local servers fail with 500. */
const statuses = new Set([400, 422, 500]);

/** Reads a refusal from an error of `openai`. Null for another error, and for a failure that no other request avoids. */
export function readRefusal(error: unknown): Refusal | null {
  if (!(error instanceof APIError) || !statuses.has(error.status)) return null;
  const code = fromRequestError(error, Date.now())?.code;
  if (code !== 'provider_refused' && code !== 'context_too_long' && code !== 'provider_error') return null;
  const { code: providerCode, paths, param, message } = (error.error ?? {}) as ErrorFields;
  const named = Array.isArray(paths) ? paths : [param];
  return {
    status: error.status as number,
    code,
    providerCode: typeof providerCode === 'string' ? providerCode : '',
    paths: named.filter((path) => typeof path === 'string'),
    message: typeof message === 'string' ? message : '',
  };
}
