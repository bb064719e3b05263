import type { Db } from '../core/pool.js';

/**
 * Reads the owner of the turn or chat that an activity's input names, or null. Never throws: callers continue without
 * an owner.
 */
export type OwnerOf = (input: unknown) => Promise<string | null>;

/** Creates an `OwnerOf`. Errors of the database go to `onError`, and the result is null. */
export function createOwnerOf(db: Db, onError: (error: unknown) => void): OwnerOf {
  return async (input) => {
    const { turnId = null, chatId = null } = (input ?? {}) as { turnId?: string; chatId?: string };
    try {
      const { rows } = await db.query<{ owner: string }>(
        `select owner from chats where id = coalesce($2, (select chat_id from turns where id = $1))`,
        [turnId, chatId],
      );
      return rows[0]?.owner ?? null;
    } catch (error) {
      onError(error);
      return null;
    }
  };
}
