export type RefusalCode =
  | 'chat_not_found'
  | 'character_not_found'
  | 'document_not_found'
  | 'provider_not_found'
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
  | 'no_such_seq'
  | 'rewind_not_last'
  | 'not_narrative'
  | 'guest_is_host'
  | 'not_present'
  | 'scene_already_open'
  | 'no_open_scene'
  | 'limit_reached'
  | 'chat_full'
  | 'queue_full';

/** A command that the chat, as it stands under its lock, does not allow. Thrown, so that the transaction is rolled back. */
export class ChatRefused extends Error {
  override readonly name = 'ChatRefused';
  constructor(
    readonly code: RefusalCode,
    /** The field of the command that is wrong, as a path. */
    readonly path: string | null = null,
    /** Of a limit: how many there may be. */
    readonly max: number | null = null,
  ) {
    super(path ? `${code}: ${path}` : code);
  }
}
