import type { ErrorFields } from '../errors/errorMeaning.js';
import { readErrorTexts } from '../errors/errorTexts.js';
import { type Fields, fieldsOf, isFields } from '../looseJson.js';

/** An error inside an answer of status 200, in the form of an `error` object. Null for a frame without one. */
export function errorIn(frame: Fields): ErrorFields | null {
  if (isGiven(frame.error)) return { ...codesOf(frame), ...errorOf(frame.error) };
  if (Array.isArray(frame.choices) && frame.choices.length > 0) return null;
  const nested = errorWithin(frame);
  if (nested) return nested;
  if (Array.isArray(frame.choices)) return null;
  const isError = frame.object === 'error' || frame.type === 'error' || hasErrorCode(frame);
  return isError ? errorOf(frame) : null;
}

/** The forms of gateways: a list of errors, a result without success, a status beside the answer. */
function errorWithin(frame: Fields): ErrorFields | null {
  const { errors, success, base_resp } = frame;
  if (Array.isArray(errors) && errors.length > 0) return errorOf(errors);
  const { status_code, status_msg } = fieldsOf(base_resp);
  if (isErrorStatus(status_code)) return errorOf({ code: status_code, message: status_msg });
  return success === false ? errorOf(frame) : null;
}

const isErrorStatus = (code: unknown): boolean => typeof code === 'number' && code !== 0 && code !== 200;

/**
 * The fields of an error, which may be a text or a list. Its message and the paths that it names are read where they are
 * nested too, as those of a refusal are.
 */
export function errorOf(error: unknown): ErrorFields {
  const first: unknown = Array.isArray(error) ? error[0] : error;
  const fields = isFields(first) && isFields(first.error) ? first.error : fieldsOf(first);
  const { message, paths } = readErrorTexts(error);
  const named = paths.length > 0 ? { param: paths[0], paths } : {};
  return { ...codesOf(fields), ...(message === '' ? {} : { message }), ...named };
}

/** Only values that are no objects. */
function codesOf(fields: Fields): ErrorFields {
  const status = fields.status ?? fields.status_code ?? fields.statusCode ?? fields.http_code;
  const message = typeof fields.error === 'string' ? fields.error : (fields.message ?? fields.msg);
  const { code, type, param, request_id } = fields;
  return Object.fromEntries(
    Object.entries({ code, type, param, request_id, status, message }).filter(([, value]) => isPlain(value)),
  );
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/** Some servers send the field, or its own fields, without a value in each frame. */
const isGiven = (error: unknown): boolean =>
  typeof error === 'object' && error !== null ? Object.values(error).some(Boolean) : Boolean(error);

/** An error whose fields are at the top. Some servers send a code and a message with each good frame, too. */
function hasErrorCode({ code, status, status_code, statusCode, message, msg }: Fields): boolean {
  if (typeof message !== 'string' && typeof msg !== 'string') return false;
  return [code, status, status_code, statusCode].some(isErrorCode);
}

function isErrorCode(code: unknown): boolean {
  if (typeof code === 'number') return code >= 400;
  if (typeof code !== 'string' || code === '') return false;
  const number = Number(code);
  return Number.isNaN(number) ? !/^(ok|success|completed|in_progress|queued)$/i.test(code.slice(0, 20)) : number >= 400;
}
