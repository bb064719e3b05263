import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { readPieceOf } from '../../db/attachments/attachments.js';
import type { Pool } from '../../db/core/pool.js';
import type { Attachment } from '../../domain/attachments/attachment.js';

const PIECE = 512 * 1024;

/**
 * Sends the bytes of an attachment at the pace of the client: a piece is read from Postgres once the one before is passed
 * on. The first piece is read before the answer begins, so that a failure of the database is answered as such.
 */
export async function sendAttachment(
  pool: Pool,
  response: Response,
  { id, bytes }: Attachment,
  headers: Record<string, string>,
): Promise<void> {
  const first = await readPieceOf(pool, id, 0, PIECE);
  response.set(headers);
  async function* pieces() {
    let piece = first;
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (sent > 0) piece = await readPieceOf(pool, id, sent, PIECE);
      // Removed meanwhile: the connection breaks, so that the client does not take a part for the whole.
      if (!piece?.length) throw new Error('the attachment was removed');
      yield piece;
    }
  }
  // It fails with the connection, which it then closes.
  await pipeline(Readable.from(pieces(), { objectMode: false, highWaterMark: 1 }), response).catch(() => {});
}
