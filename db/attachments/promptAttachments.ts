import { type Attachment, isImage, MAX_MESSAGE_BYTES } from '../../domain/attachments/attachment.js';
import type { PromptAttachment } from '../../domain/attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';

/** The text files that are read for a prompt, and their bytes together: more than any prompt takes. */
const MAX_TEXTS = 20;
const MAX_TEXT_BYTES = 2 * 1024 * 1024;

type Line = { attachments?: readonly Attachment[] | undefined };

/**
 * Adds the text of attached files to the lines of a prompt, the newest first as far as a prompt may take them. `lines` are
 * oldest first. Their chat is named by its id or that of a turn (`of`).
 */
export async function withTexts<T extends Line>(
  db: Db,
  of: string,
  lines: readonly T[],
): Promise<(Omit<T, 'attachments'> & { attachments?: PromptAttachment[] })[]> {
  const files = lines.toReversed().flatMap(({ attachments = [] }) => attachments.filter((one) => !isImage(one)));
  const texts = await readTexts(db, of, files.slice(0, MAX_TEXTS));
  return lines.map(({ attachments, ...line }) =>
    attachments?.length
      ? { ...line, attachments: attachments.map((one) => ({ ...one, text: texts.get(one.id) })) }
      : line,
  );
}

/**
 * The log of a chat that was imported may name any attachment, with any size. Only those that the chat itself has are
 * read, which are its owner's.
 */
const ofChat = (of: string) =>
  `join chat_attachments o on o.attachment_id = a.id
     and o.chat_id = coalesce((select chat_id from turns where id = ${of}), ${of})`;

async function readTexts(db: Db, of: string, files: readonly Attachment[]): Promise<ReadonlyMap<string, string>> {
  let left = MAX_TEXT_BYTES;
  const lengths = new Map<string, number>();
  for (const { id, bytes } of files) {
    if (left <= 0) break;
    if (lengths.has(id)) continue;
    const length = Math.max(0, Math.min(bytes, left));
    lengths.set(id, length);
    left -= length;
  }
  if (lengths.size === 0) return new Map();
  const { rows } = await db.query<{ id: string; bytes: Buffer }>(
    `select a.id, substring(c.bytes from 1 for w.length) as bytes
     from unnest($1::text[], $2::integer[]) as w (id, length)
       join attachments a on a.id = w.id join attachment_contents c on c.sha256 = a.sha256 ${ofChat('$3')}`,
    [[...lengths.keys()], [...lengths.values()], of],
  );
  return new Map(rows.map(({ id, bytes }) => [id, beginningOf(bytes)]));
}

/** The text of bytes that may end within a character. */
const beginningOf = (bytes: Buffer): string => new TextDecoder().decode(bytes, { stream: true });

/**
 * Reads images of a chat, which is named by its id or that of a turn (`of`), as base64, by id. One that was removed is
 * missing, and so is one too large beside the others.
 */
export async function readImages(db: Db, of: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const images = new Map<string, string>();
  let left = MAX_MESSAGE_BYTES;
  // One after another: the text form of a large value is twice its size.
  for (const id of new Set(ids)) {
    const { rows } = await db.query<{ bytes: Buffer }>(
      `select c.bytes from attachments a join attachment_contents c on c.sha256 = a.sha256 ${ofChat('$2')}
       where a.id = $1 and a.size <= $3`,
      [id, of, left],
    );
    if (!rows[0]) continue;
    left -= rows[0].bytes.length;
    images.set(id, rows[0].bytes.toString('base64'));
  }
  return images;
}
