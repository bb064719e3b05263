import { type Attachment, isImage } from '../../domain/attachments/attachment.js';
import type { PromptAttachment } from '../../domain/attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';

/** The text files that are read for a prompt, and their bytes together: more than any prompt takes. */
const MAX_TEXTS = 20;
const MAX_TEXT_BYTES = 2 * 1024 * 1024;

type Line = { attachments?: readonly Attachment[] | undefined };

/**
 * Adds the text of attached files to the lines of a prompt, the newest first as far as a prompt may take them. `lines` are
 * oldest first.
 */
export async function withTexts<T extends Line>(
  db: Db,
  lines: readonly T[],
): Promise<(Omit<T, 'attachments'> & { attachments?: PromptAttachment[] })[]> {
  const files = lines.toReversed().flatMap(({ attachments = [] }) => attachments.filter((one) => !isImage(one)));
  const texts = await readTexts(db, files.slice(0, MAX_TEXTS));
  return lines.map(({ attachments, ...line }) =>
    attachments?.length
      ? { ...line, attachments: attachments.map((one) => ({ ...one, text: texts.get(one.id) })) }
      : line,
  );
}

async function readTexts(db: Db, files: readonly Attachment[]): Promise<ReadonlyMap<string, string>> {
  let left = MAX_TEXT_BYTES;
  const lengths = new Map<string, number>();
  for (const { id, bytes } of files) {
    if (left <= 0) break;
    if (lengths.has(id)) continue;
    lengths.set(id, Math.min(bytes, left));
    left -= bytes;
  }
  if (lengths.size === 0) return new Map();
  const { rows } = await db.query<{ id: string; bytes: Buffer }>(
    `select a.id, substring(c.bytes from 1 for w.length) as bytes
     from unnest($1::text[], $2::integer[]) as w (id, length)
       join attachments a on a.id = w.id join attachment_contents c on c.sha256 = a.sha256`,
    [[...lengths.keys()], [...lengths.values()]],
  );
  return new Map(rows.map(({ id, bytes }) => [id, beginningOf(bytes)]));
}

/** The text of bytes that may end within a character. */
const beginningOf = (bytes: Buffer): string => new TextDecoder().decode(bytes, { stream: true });

/** Reads images as base64, by id. An image that was removed is missing. */
export async function readImages(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const images = new Map<string, string>();
  // One after another: the text form of a large value is twice its size.
  for (const id of new Set(ids)) {
    const { rows } = await db.query<{ bytes: Buffer }>(
      'select c.bytes from attachments a join attachment_contents c on c.sha256 = a.sha256 where a.id = $1',
      [id],
    );
    if (rows[0]) images.set(id, rows[0].bytes.toString('base64'));
  }
  return images;
}
