import { createHash } from 'node:crypto';
import { type AttachmentLimits, createAttachment } from '../../../db/attachments/attachments.js';
import type { Pool } from '../../../db/core/pool.js';
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '../../../domain/attachments/attachment.js';
import { hasSignature, parseMediaType } from '../../../domain/attachments/mediaType.js';
import { Problem } from '../../http/problem.js';

type ImageDeps = { pool: Pool; limits: AttachmentLimits };

const WANTED =
  'must be a data: URL of a png, jpeg, webp or gif image in base64; images are not fetched from other addresses';

/** The bytes of an image in a `data:` URL. Throws `unsupported_media_type` or `body_too_large`. */
function readImage(url: string): { mediaType: string; bytes: Buffer } {
  const [, type, data] = /^data:([^;,]+);base64,([A-Za-z0-9+/_=-]+)$/.exec(url) ?? [];
  const parsed = type === undefined ? null : parseMediaType(type);
  if (parsed?.kind !== 'image' || data === undefined) throw new Problem('unsupported_media_type', `image: ${WANTED}`);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > MAX_ATTACHMENT_BYTES) throw new Problem('body_too_large', 'An image may have at most 10 MiB');
  if (!hasSignature(parsed.mediaType, bytes)) throw new Problem('unsupported_media_type', `image: ${WANTED}`);
  return { mediaType: parsed.mediaType, bytes };
}

/** Stores the images of a message as attachments. Gives their ids, in order. Throws a problem or `ChatRefused`. */
export async function attachImages(
  { pool, limits }: ImageDeps,
  owner: string,
  urls: readonly string[],
): Promise<string[]> {
  if (urls.length > MAX_ATTACHMENTS)
    throw new Problem('invalid_body', `A message may have at most ${MAX_ATTACHMENTS} images`);
  // All are read before one is stored.
  const images = urls.map(readImage);
  const ids: string[] = [];
  for (const { mediaType, bytes } of images) {
    const sha256 = createHash('sha256').update(bytes).digest();
    const { id } = await createAttachment(pool, owner, { mediaType, name: undefined, bytes, sha256 }, limits);
    ids.push(id);
  }
  return ids;
}
