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
const learnt: ReadonlySet<FailureCode | undefined> = new Set<FailureCode>([
  'provider_refused',
  'context_too_long',
  'provider_error',
]);
/** Refusals of images come with other statuses too. */
const ofImages: ReadonlySet<FailureCode | undefined> = new Set<FailureCode>(['images_unsupported', 'image_refused']);

/**
 * Reads a refusal from an error of `openai`, or from the failure that an error inside an answer of status 200 means. Null
 * for another error, and for a failure that no other request avoids.
 */
export function readRefusal(error: unknown): Refusal | null {
  if (error instanceof TurnFailure) return refusalInside(error);
  if (!(error instanceof APIError)) return null;
  const code = fromRequestError(error, Date.now())?.code;
  return code && isLearnt(code, error.status)
    ? toRefusal(error.status as number, code, (error.error ?? {}) as ErrorFields)
    : null;
}

const isLearnt = (code: FailureCode, status: number | undefined): boolean =>
  ofImages.has(code) || (status !== undefined && statuses.has(status) && learnt.has(code));

function refusalInside(failure: TurnFailure): Refusal | null {
  const fields = saidInside(failure);
  const status = failure.detail?.status ?? INSIDE;
  const { code } = failure;
  const isRefused = ofImages.has(code) || ((status === INSIDE || statuses.has(status)) && learnt.has(code));
  return fields && isRefused ? toRefusal(status, code, fields) : null;
}

const INSIDE = 200;

function toRefusal(status: number, code: FailureCode, fields: ErrorFields): Refusal {
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
