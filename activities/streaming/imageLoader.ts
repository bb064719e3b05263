import { readImages } from '../../db/attachments/promptAttachments.js';
import type { Db } from '../../db/core/pool.js';
import type { LoadImages } from '../../llm/outgoing/images.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';

/** Reads images for a request right before it is sent: neither a workflow nor a waiting stream holds their bytes. */
export const imageLoader =
  (db: Db, turnId: string): LoadImages =>
  (ids) =>
    retryWhileDatabaseAway(() => readImages(db, turnId, ids));
