import { ChatRefused } from '../../db/core/refused.js';
import { type Unavailable, whyUnavailable } from '../../db/core/unavailable.js';
import { JoinRefused } from '../../viewers/gateway/feeds.js';
import { maxBodyDepth, maxBodyTokens, tooDeep, tooManyTokens } from './input.js';
import { Problem, type ProblemCode } from './problem.js';

/** Refusals of body-parser, by their `type`. */
const byType: Record<string, ProblemCode> = {
  'entity.parse.failed': 'invalid_json',
  'entity.too.large': 'body_too_large',
  'encoding.unsupported': 'unsupported_media_type',
  'charset.unsupported': 'unsupported_media_type',
  'request.aborted': 'invalid_request',
  'request.size.invalid': 'invalid_request',
};

/** The problems of a stream that does not begin. */
const refusals: Record<JoinRefused['code'], [ProblemCode, string?, Record<string, string>?]> = {
  chat_not_found: ['chat_not_found'],
  bad_cursor: ['invalid_query', "after: is beyond the chat's newest seq"],
  restarting: ['not_ready', 'The api restarts', { 'Retry-After': '1' }],
  unavailable: ['database_unavailable', undefined, { 'Retry-After': '1' }],
};

/** Limits that are out of reach again when turns or requests have ended. */
const passes = new Set<string | null>(['turns', 'queuedTurns', 'impersonations']);

/** The problem of a refusal by the chat. Where a field names something that can't be used, the detail names the field. */
function refusedByChat({ code, path, max }: ChatRefused): Problem {
  switch (code) {
    case 'limit_reached':
      return new Problem(code, `${path}: there may be at most ${max}`, passes.has(path) ? { 'Retry-After': '5' } : {});
    case 'guest_is_host':
      return new Problem('invalid_body', `${path}: must not be the host`);
    case 'not_present':
      return new Problem('invalid_body', `${path}: is not present in this chat`);
    case 'character_not_found':
      return new Problem(code, `${path}: there is no such character`);
    case 'attachment_not_found':
      return new Problem(code, `${path}: there is no such attachment`);
    case 'document_not_found':
      return new Problem(code, `${path}: there is no such document`);
    case 'provider_not_found':
      return new Problem(code, `${path}: there is no such provider`);
    case 'no_such_seq':
      return new Problem('invalid_body', `${path}: must be a seq of this chat's log`);
    case 'chat_not_found':
    case 'attachments_unsupported':
    case 'attachments_too_large':
    case 'turn_not_found':
    case 'turn_in_progress':
    case 'idempotency_mismatch':
    case 'not_last_turn':
    case 'version_not_found':
    case 'version_not_landed':
    case 'beat_not_found':
    case 'reply_has_changes':
    case 'not_continuable':
    case 'not_impersonable':
    case 'memory_not_found':
    case 'change_not_found':
    case 'change_not_pending':
    case 'change_stale':
    case 'version_mismatch':
    case 'rewind_not_last':
    case 'not_narrative':
    case 'not_agent':
    case 'scene_already_open':
    case 'no_open_scene':
    case 'chat_full':
    case 'queue_full':
      return new Problem(code);
  }
}

const unavailableSays: Record<Unavailable, string> = {
  unreachable: 'The database can not be reached',
  read_only: 'The database takes no writes at the moment',
  overloaded: 'The database has no room at the moment',
  timeout: 'The database did not answer in time',
  conflict: 'Another change was in the way',
};

/** The problem with which the api answers an error. An error that is no refusal is `internal`, without details. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ChatRefused) return refusedByChat(error);
  if (error instanceof JoinRefused) return new Problem(...refusals[error.code]);
  if (error instanceof URIError) return new Problem('invalid_path');
  const unavailable = whyUnavailable(error);
  if (unavailable) return new Problem('database_unavailable', unavailableSays[unavailable], { 'Retry-After': '1' });
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (type === tooManyTokens) {
    return new Problem('invalid_body', `the body: may hold at most ${maxBodyTokens} values, names and brackets`);
  }
  if (type === tooDeep) return new Problem('invalid_body', `the body: may have at most ${maxBodyDepth} levels`);
  const code = typeof type === 'string' ? byType[type] : undefined;
  if (code) return new Problem(code);
  // For example a body that does not inflate as its Content-Encoding says.
  if (typeof status === 'number' && status >= 400 && status < 500) return new Problem('invalid_request');
  return new Problem('internal');
}
