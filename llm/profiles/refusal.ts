import { APIError } from 'openai';
import { type FailureCode, TurnFailure } from '../../domain/log/failures.js';
import type { ErrorFields } from '../errors/errorMeaning.js';
import { fromRequestError } from '../errors/providerFailures.js';
import { saidInside } from '../errors/saidInside.js';

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

/**
 * Reads a refusal from an error of `openai`, or from the failure that an error inside an answer of status 200 means. Null
 * for another error, and for a failure that no other request avoids.
 */
export function readRefusal(error: unknown): Refusal | null {
  if (error instanceof TurnFailure) return refusalInside(error);
  if (!(error instanceof APIError) || !statuses.has(error.status)) return null;
  const code = fromRequestError(error, Date.now())?.code;
  return code ? toRefusal(error.status as number, code, (error.error ?? {}) as ErrorFields) : null;
}

function refusalInside(failure: TurnFailure): Refusal | null {
  const fields = saidInside(failure);
  const status = failure.detail?.status ?? INSIDE;
  return fields && (status === INSIDE || statuses.has(status)) ? toRefusal(status, failure.code, fields) : null;
}

const INSIDE = 200;

function toRefusal(status: number, code: FailureCode, fields: ErrorFields): Refusal | null {
  if (code !== 'provider_refused' && code !== 'context_too_long' && code !== 'provider_error') return null;
  const { code: providerCode, paths, param, message } = fields;
  const named = Array.isArray(paths) ? paths : [param];
  return {
    status,
    code,
    providerCode: typeof providerCode === 'string' ? providerCode : '',
    paths: named.filter((path) => typeof path === 'string'),
    message: typeof message === 'string' ? message : '',
  };
}
