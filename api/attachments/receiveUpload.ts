import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NewAttachment } from '../../db/attachments/attachments.js';
import { MAX_ATTACHMENT_BYTES } from '../../domain/attachments/attachment.js';
import { cleanName, hasSignature, type MediaType, parseMediaType } from '../../domain/attachments/mediaType.js';
import { Problem } from '../http/problem.js';

const TAKEN =
  'The Content-Type must be image/png, image/jpeg, image/webp, image/gif, application/json or text in UTF-8, and the body of that type';

/** The bytes of uploads that are being received, of all owners together. */
export type UploadMemory = { taken: number; readonly max: number };

/** Reads an upload. Throws a problem for a type that is not taken, and for a body that is empty, too large or of another type. */
export async function receiveUpload(request: IncomingMessage, memory: UploadMemory): Promise<NewAttachment> {
  const type = typeOf(request);
  if (Number(request.headers['content-length'] ?? 0) > MAX_ATTACHMENT_BYTES) throw tooLarge();
  const { bytes, sha256 } = await readBody(request, type, memory);
  if (bytes.length === 0) throw new Problem('invalid_body', 'The body is empty');
  if (!isOfType(type, bytes)) throw new Problem('unsupported_media_type', TAKEN);
  return { mediaType: type.mediaType, name: fileName(request.headers['x-filename']), bytes, sha256 };
}

function typeOf({ headers }: IncomingMessage): MediaType {
  const isPlain = /^(identity)?$/i.test(headers['content-encoding'] ?? '');
  const type = isPlain ? parseMediaType(headers['content-type']) : null;
  if (!type) throw new Problem('unsupported_media_type', TAKEN);
  return type;
}

const tooLarge = () => new Problem('body_too_large', 'An attachment may have at most 10 MiB');

/** The bytes that decide whether an image is of its type. */
const SIGNATURE_BYTES = 12;

/** Reads piece by piece and ends at the first one too many, so that never more than the limit is in memory. */
async function readBody(request: IncomingMessage, type: MediaType, memory: UploadMemory) {
  const pieces: Buffer[] = [];
  const hash = createHash('sha256');
  let size = 0;
  try {
    // A destroyed request would close the connection before the refusal is sent.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const began = size < SIGNATURE_BYTES;
      if (size + piece.length > MAX_ATTACHMENT_BYTES) throw tooLarge();
      if (memory.taken + piece.length > memory.max)
        throw new Problem('rate_limited', 'Too many uploads at once', { 'Retry-After': '5' });
      size += piece.length;
      memory.taken += piece.length;
      pieces.push(piece);
      hash.update(piece);
      // A large body of another type is refused at its beginning.
      if (type.kind === 'image' && began && size >= SIGNATURE_BYTES) mustBegin(type, pieces);
    }
    return { bytes: Buffer.concat(pieces, size), sha256: hash.digest() };
  } catch (error) {
    // What is left of the body is read and dropped, so that the client reads the refusal.
    request.resume();
    throw error instanceof Problem ? error : new Problem('invalid_request', 'The upload broke off');
  } finally {
    memory.taken -= size;
  }
}

function mustBegin({ mediaType }: MediaType, pieces: Buffer[]): void {
  if (!hasSignature(mediaType, Buffer.concat(pieces))) throw new Problem('unsupported_media_type', TAKEN);
}

const isOfType = ({ kind, mediaType }: MediaType, bytes: Buffer): boolean =>
  kind === 'image' ? hasSignature(mediaType, bytes) : isUtf8(bytes) && !bytes.includes(0);

/** Headers are bytes: a name comes percent-encoded, as browsers can send it, or as UTF-8. */
function fileName(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const raw = Buffer.from(header, 'latin1');
  const sent = isUtf8(raw) ? raw.toString() : header;
  try {
    return cleanName(decodeURIComponent(sent));
  } catch {
    return cleanName(sent);
  }
}
