import type { Attachment } from '../../domain/attachments/attachment.js';
import { mustBeWithinLimit, readUsage, type StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';

/** What is uploaded. `sha256` is that of `bytes`. */
export type NewAttachment = { mediaType: string; name: string | undefined; bytes: Buffer; sha256: Buffer };

/** How many attachments an owner may have, and how many bytes in all of them. */
export type AttachmentLimits = { attachments?: number | undefined; attachmentBytes?: number | undefined } & StoredLimit;

type Row = { id: string; mediaType: string; bytes: number; name: string | null };

export const attachmentColumns = 'a.id, a.media_type as "mediaType", a.size as bytes, a.name';

export const toAttachment = ({ name, ...row }: Row): Attachment => ({ ...row, ...(name === null ? {} : { name }) });

/** Stores an upload. Throws `ChatRefused` when it exceeds a limit of the owner. */
export function createAttachment(
  pool: Pool,
  owner: string,
  given: NewAttachment,
  limits: AttachmentLimits = {},
): Promise<Attachment> {
  return transaction(pool, async (tx) => {
    await mustBeWithinLimit(tx, 'attachments', owner, limits.attachments);
    await mustFitAttachments(tx, owner, given.bytes.length, limits.attachmentBytes);
    await mustHaveRoom(tx, owner, given.bytes.length, limits.storedBytes);
    return insertAttachment(tx, { owner, id: newId('att') }, given);
  });
}

/** Inserts an attachment, and its content unless it is there. The caller has checked the limits of the owner. */
export async function insertAttachment(
  tx: Tx,
  { owner, id }: { owner: string; id: string },
  { mediaType, name, bytes, sha256 }: NewAttachment,
): Promise<Attachment> {
  // The update locks a row that is there, so that it is not removed as unused at the same time.
  await tx.query(
    `insert into attachment_contents (sha256, bytes) values ($1, $2)
     on conflict (sha256) do update set sha256 = excluded.sha256`,
    [sha256, bytes],
  );
  const { rows } = await tx.query<Row>(
    `insert into attachments as a (id, owner, media_type, name, size, sha256) values ($1, $2, $3, $4, $5, $6)
     returning ${attachmentColumns}`,
    [id, owner, mediaType, name ?? null, bytes.length, sha256],
  );
  return toAttachment(rows[0]!);
}

/** Runs under the lock of `mustBeWithinLimit`, so that concurrent uploads can't exceed the limit together. */
export async function mustFitAttachments(tx: Tx, owner: string, bytes: number, max: number | undefined): Promise<void> {
  if (max === undefined) return;
  if ((await readUsage(tx, owner, ['attachmentBytes'])) + bytes > max)
    throw new ChatRefused('limit_reached', 'attachmentBytes', max);
}

/** Reads what is known of an attachment. Null when the owner has no such attachment. */
export async function readAttachment(db: Db, owner: string, id: string): Promise<Attachment | null> {
  const { rows } = await db.query<Row>(
    `select ${attachmentColumns} from attachments a where a.id = $1 and a.owner = $2`,
    [id, owner],
  );
  return rows[0] ? toAttachment(rows[0]) : null;
}

/** A piece of an attachment's bytes from `at` on, at most `length` bytes; empty past the end. Null when it was removed. */
export async function readPieceOf(db: Db, id: string, at: number, length: number): Promise<Buffer | null> {
  const { rows } = await db.query<{ piece: Buffer }>(
    `select substring(c.bytes from $2 for $3) as piece
     from attachments a join attachment_contents c on c.sha256 = a.sha256 where a.id = $1`,
    [id, at + 1, length],
  );
  return rows[0]?.piece ?? null;
}
