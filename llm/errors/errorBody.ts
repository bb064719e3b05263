import { parseBounded } from '../../domain/text/boundedJson.js';
import type { ErrorFields } from './errorMeaning.js';
import { readErrorTexts } from './errorTexts.js';

/** A provider's refusal in the form that `openai` reads: one `error` object. */
export type RefusalBody = { error: ErrorFields };

/**
 * Normalises the body of a refusal: servers send an `error` object, an `error` text, a list of either, or the error's
 * fields at the top. `foreign` marks a body without an error: an HTML page or the answer of another kind of server.
 */
export function toRefusalBody(text: string, contentType: string | null): RefusalBody {
  const html = isHtml(text, contentType);
  if (html) return { error: { foreign: 'html' } };
  const json = parseBounded(text);
  const body = Array.isArray(json) ? json[0] : json;
  const { message, paths } = readErrorTexts(json ?? text);
  const said = { ...(message ? { message } : {}), ...(paths.length > 0 ? { param: paths[0], paths } : {}) };
  const { error, ...rest } = isObject(body) ? body : {};
  if (isObject(error)) return { error: { ...fieldsOf({ request_id: rest.request_id, ...error }), ...said } };
  const isError = typeof error === 'string' || typeof rest.message === 'string' || rest.object === 'error';
  // Validation errors have paths; a mere `detail` also comes from servers of another kind.
  if (isError || paths.length > 0) return { error: { ...fieldsOf(rest), ...said } };
  return { error: { ...said, foreign: 'other' } };
}

const names = ['code', 'type', 'param', 'status', 'request_id'] as const;

/** The fields of an error that are no objects: objects may be nested too deeply to be serialised. */
const fieldsOf = (error: Record<string, unknown>): ErrorFields =>
  Object.fromEntries(names.flatMap((name) => (typeof error[name] === 'object' ? [] : [[name, error[name]]])));

export const isHtml = (text: string, contentType: string | null): boolean =>
  /^\s*text\/html\b/i.test(contentType ?? '') || /^\s*</.test(text.slice(0, 200));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
