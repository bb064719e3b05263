/**
 * Every refusal of the api: its stable code, its status and its title. The codes of failed turns are in
 * domain/log/failures.ts.
 */
export const problems = {
  invalid_json: { status: 400, title: 'The body is not JSON' },
  invalid_body: { status: 400, title: 'The body is not valid for this call' },
  invalid_query: { status: 400, title: 'A query parameter is not valid for this call' },
  invalid_path: { status: 400, title: 'The path can not be read' },
  invalid_request: { status: 400, title: 'The request can not be read' },
  invalid_idempotency_key: { status: 400, title: 'The Idempotency-Key is not 1 to 255 printable characters' },
  invalid_card: { status: 400, title: 'The character card can not be read' },
  invalid_import: { status: 400, title: 'A line of the import can not be used' },
  empty_text: { status: 400, title: 'The text is empty' },
  attachments_unsupported: { status: 400, title: 'The other chat service takes no images' },
  kind_not_available: { status: 400, title: 'This kind of chat is not available' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  token_expired: { status: 401, title: 'The token has expired' },
  provider_host_not_allowed: {
    status: 400,
    title: "The provider's host is not a public address, and not in the server's ALLOWED_PROVIDER_HOSTS",
  },
  webhook_host_not_allowed: {
    status: 400,
    title: "The webhook's host is not a public address, and not in the server's ALLOWED_PROVIDER_HOSTS",
  },
  foreign_host: { status: 403, title: 'The Host header is not of this machine' },
  foreign_origin: { status: 403, title: 'The request comes from a foreign origin' },
  insufficient_scope: { status: 403, title: 'The token does not permit this call' },
  tool_not_permitted: { status: 403, title: 'Approving this call needs the permission level of its tool' },
  not_found: { status: 404, title: 'Not found' },
  chat_not_found: { status: 404, title: 'There is no such chat' },
  turn_not_found: { status: 404, title: 'There is no such turn' },
  version_not_found: { status: 404, title: 'The reply has no such version' },
  character_not_found: { status: 404, title: 'There is no such character' },
  avatar_not_found: { status: 404, title: 'The character has no avatar' },
  document_not_found: { status: 404, title: 'There is no such document' },
  change_not_found: { status: 404, title: 'There is no such change' },
  memory_not_found: { status: 404, title: 'The chat has no such memory' },
  provider_not_found: { status: 404, title: 'There is no such provider' },
  webhook_not_found: { status: 404, title: 'There is no such webhook' },
  attachment_not_found: { status: 404, title: 'There is no such attachment' },
  provider_keys_disabled: {
    status: 409,
    title: 'Keys can not be stored: the server has no PROVIDER_ENCRYPTION_KEY (32 bytes, as base64 or hex)',
  },
  method_not_allowed: { status: 405, title: 'This path does not take this method' },
  provider_in_use: { status: 409, title: 'Chats use the provider, or it is the fallback of another one' },
  character_in_use: { status: 409, title: 'The character hosts chats' },
  turn_in_progress: { status: 409, title: 'A turn holds the floor' },
  queue_full: { status: 409, title: 'Too many turns wait for the floor: cancel some, or try again later' },
  chat_full: {
    status: 409,
    title: 'The chat has reached its size limit: continue in a fork of an earlier point, or in another chat',
  },
  not_last_turn: { status: 409, title: 'Only the last reply can be regenerated' },
  not_continuable: {
    status: 409,
    title: 'Only a reply of one speaker that has text can be continued, in a narrative or document chat',
  },
  not_impersonable: {
    status: 409,
    title: 'Only in a narrative or agent chat can a model write the next message of the user',
  },
  version_not_landed: { status: 409, title: 'The version has no text' },
  beat_not_found: { status: 404, title: 'The reply has no such beat' },
  reply_has_changes: {
    status: 409,
    title: 'The reply proposes changes of the document: accept or decline these instead of editing the reply',
  },
  rewind_not_last: { status: 409, title: 'The chat has no rewind that nothing followed' },
  idempotency_mismatch: { status: 409, title: 'The Idempotency-Key was used with another body' },
  not_narrative: { status: 409, title: 'Only a chat of kind narrative has this' },
  not_agent: { status: 409, title: 'Only a chat of kind agent has these settings' },
  scene_already_open: { status: 409, title: 'A scene is open already' },
  no_open_scene: { status: 409, title: 'No scene is open' },
  version_mismatch: { status: 409, title: 'The document has another version' },
  change_stale: { status: 409, title: 'What the change replaces is no longer in the document' },
  change_not_pending: { status: 409, title: 'The change was decided before' },
  limit_reached: { status: 409, title: 'The limit is reached' },
  step_not_stuck: { status: 409, title: 'The step is not stuck' },
  approval_not_pending: { status: 409, title: 'No such approval is pending' },
  version_required: { status: 428, title: 'If-Match must hold the version that the edit was made on' },
  body_too_large: { status: 413, title: 'The body is larger than 1 MiB, or an attachment larger than 10 MiB' },
  attachments_too_large: { status: 413, title: 'The attachments of a message are larger than 20 MiB together' },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be application/json in UTF-8, or of an attachment a type that is taken',
  },
  request_timeout: { status: 408, title: 'The request did not end in time' },
  headers_too_large: { status: 431, title: 'The path and the headers are larger than 16 KiB' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_viewers: { status: 429, title: 'Too many live connections and streams at once: close one first' },
  internal: { status: 500, title: 'Internal error' },
  database_unavailable: { status: 503, title: 'The database is not available at the moment' },
  engine_unreachable: { status: 503, title: 'Temporal can not be reached' },
  model_failed: { status: 502, title: 'The model could not write the message' },
  model_slow: { status: 503, title: 'The model did not write the message in time: try again' },
  page_not_built: {
    status: 503,
    title: 'The page is not built: run npm run build:page, and set PAGE_DIR to dist/page',
  },
  not_ready: { status: 503, title: 'The service is not ready' },
  auth_unavailable: { status: 503, title: 'The keys that verify tokens can not be read at the moment' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** A refusal with its stable code. `detail` is for people; it quotes no text of users or models. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly code: ProblemCode,
    readonly detail: string = problems[code].title,
    readonly headers: Record<string, string> = {},
  ) {
    super(`${code}: ${detail}`);
  }

  get status(): number {
    return problems[this.code].status;
  }
}

/** The value, or throws the problem when there is none. */
export function orProblem<T>(value: T | null | undefined, code: ProblemCode): T {
  if (value === null || value === undefined) throw new Problem(code);
  return value;
}

export const problemType = 'application/problem+json';

/** RFC 9457. */
export type ProblemBody = { type: string; title: string; status: number; detail: string; code: ProblemCode };

export function problemBody(problem: Problem): ProblemBody {
  const { status, title } = problems[problem.code];
  return {
    type: `urn:durable-turns:problem:${problem.code}`,
    title,
    status,
    detail: problem.detail,
    code: problem.code,
  };
}
