import { readImages } from '../../db/attachments/promptAttachments.js';
import type { Db } from '../../db/core/pool.js';
import type { LoadImages } from '../../llm/outgoing/images.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';

/**
 * Reads images of a chat, which is named by its id or that of a turn (`of`), for a request right before it is sent: neither
 * a workflow nor a waiting stream holds their bytes.
 */
export const imageLoader =
  (db: Db, of: string): LoadImages =>
  (ids) =>
    retryWhileDatabaseAway(() => readImages(db, of, ids));
