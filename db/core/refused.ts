/** Codes of refusals. `api/http/toProblem.ts` maps each to a status and a message. */
export type RefusalCode =
  | 'chat_not_found'
  | 'character_not_found'
  | 'document_not_found'
  | 'provider_not_found'
  | 'memory_not_found'
  | 'attachment_not_found'
  | 'attachments_unsupported'
  | 'attachments_too_large'
  | 'change_not_found'
  | 'change_not_pending'
  | 'change_stale'
  | 'version_mismatch'
  | 'turn_not_found'
  | 'turn_in_progress'
  | 'idempotency_mismatch'
  | 'not_last_turn'
  | 'version_not_found'
  | 'version_not_landed'
  | 'beat_not_found'
  | 'reply_has_changes'
  | 'not_continuable'
  | 'not_impersonable'
  | 'no_such_seq'
  | 'rewind_not_last'
  | 'not_narrative'
  | 'not_agent'
  | 'guest_is_host'
  | 'not_present'
  | 'scene_already_open'
  | 'no_open_scene'
  | 'limit_reached'
  | 'chat_full'
  | 'queue_full';

/** A command is not allowed in the current state. It is thrown, so that the transaction is rolled back. */
export class ChatRefused extends Error {
  override readonly name = 'ChatRefused';
  constructor(
    readonly code: RefusalCode,
    /** Path of the command's field that is wrong. */
    readonly path: string | null = null,
    /** The limit that was reached, for `limit_reached`. */
    readonly max: number | null = null,
  ) {
    super(path ? `${code}: ${path}` : code);
  }
}
