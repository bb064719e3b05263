import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type AttachmentLimits, createAttachment } from '../../../db/attachments/attachments.js';
import type { Pool } from '../../../db/core/pool.js';
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, noteOf } from '../../../domain/attachments/attachment.js';
import { cleanName, hasSignature, parseMediaType } from '../../../domain/attachments/mediaType.js';
import { Problem } from '../../http/problem.js';

type ImageDeps = { pool: Pool; limits: AttachmentLimits };

/** A file within a message: its `data:` URL. `mayBeText`: the message calls it a file, and not an image. */
export type GivenFile = { url: string; name?: string; mayBeText?: boolean };

const noteOfFile = ({ name }: Pick<GivenFile, 'name'>): string =>
  noteOf({ mediaType: name ? '' : 'image/*', ...(name ? { name } : {}) });

/** The text of a message with notes of its files. */
export const withNotes = (text: string, files: readonly Pick<GivenFile, 'name'>[]): string =>
  [...(text === '' ? [] : [text]), ...files.map(noteOfFile)].join('\n');

/** The text of a message. One of files alone has notes of these: a turn needs a text. */
export const textOrNotes = (text: string, files: readonly Pick<GivenFile, 'name'>[]): string =>
  text.trim() === '' && files.length > 0 ? withNotes('', files) : text;

/** As `textOrNotes`, for `data:` URLs of images. */
export const textOrImages = (text: string, urls: readonly string[]): string =>
  textOrNotes(
    text,
    urls.map(() => ({})),
  );

type ReadFile = { mediaType: string; name: string | undefined; bytes: Buffer };

const ofImage =
  'must be a data: URL of a png, jpeg, webp or gif image in base64; images are not fetched from other addresses';
const ofFile =
  'must be a data: URL of an image or of a UTF-8 text in base64; files are not fetched from other addresses, and have no ids';

/** The content of a file in a `data:` URL. Throws `unsupported_media_type` or `body_too_large`. */
function readFile({ url, name = '', mayBeText = false }: GivenFile): ReadFile {
  const [, type, data] = /^data:([^,]+);base64,([A-Za-z0-9+/_=-]+)$/.exec(url) ?? [];
  const parsed = type === undefined ? null : parseMediaType(type);
  const wanted = mayBeText ? `file: ${ofFile}` : `image: ${ofImage}`;
  if (!parsed || data === undefined || (parsed.kind === 'text' && !mayBeText))
    throw new Problem('unsupported_media_type', wanted);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > MAX_ATTACHMENT_BYTES) throw new Problem('body_too_large', 'A file may have at most 10 MiB');
  const isValid = parsed.kind === 'image' ? hasSignature(parsed.mediaType, bytes) : isUtf8(bytes) && !bytes.includes(0);
  if (!isValid) throw new Problem('unsupported_media_type', wanted);
  return { mediaType: parsed.mediaType, name: cleanName(name), bytes };
}

/** Stores the files of a message as attachments. Gives their ids, in order. Throws a problem or `ChatRefused`. */
export async function attachFiles(
  { pool, limits }: ImageDeps,
  owner: string,
  files: readonly GivenFile[],
): Promise<string[]> {
  if (files.length > MAX_ATTACHMENTS)
    throw new Problem('invalid_body', `A message may have at most ${MAX_ATTACHMENTS} images`);
  // All are read before one is stored.
  const read = files.map(readFile);
  const ids: string[] = [];
  for (const file of read) {
    const sha256 = createHash('sha256').update(file.bytes).digest();
    const { id } = await createAttachment(pool, owner, { ...file, sha256 }, limits);
    ids.push(id);
  }
  return ids;
}

/** As `attachFiles`, for `data:` URLs of images. */
export const attachImages = (deps: ImageDeps, owner: string, urls: readonly string[]): Promise<string[]> =>
  attachFiles(
    deps,
    owner,
    urls.map((url) => ({ url })),
  );
