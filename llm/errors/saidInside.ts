import type { TurnFailure } from '../../domain/log/failures.js';
import type { ErrorFields } from './errorMeaning.js';

/**
 * What errors inside an answer of status 200 said. Their messages are prose, so they are not a part of the failure, which
 * is logged and stored: one can only learn from them.
 */
const said = new WeakMap<TurnFailure, ErrorFields>();

export function keepSaid(failure: TurnFailure, fields: ErrorFields): TurnFailure {
  said.set(failure, fields);
  return failure;
}

/** The fields of the error that the failure means; undefined for a failure of another kind. */
export const saidInside = (failure: TurnFailure): ErrorFields | undefined => said.get(failure);
