import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ImportedFile } from '../../db/chats/importChat.js';
import { hasSignature, parseMediaType } from '../../domain/attachments/mediaType.js';
import type { ExportedFile } from '../../domain/timeline/exportedChat.js';
import { InvalidImport, parseExportLine } from '../../domain/timeline/importPlan.js';
import { imageTypeOf } from '../narrative/cards/image.js';
import type { Upload } from './uploads.js';

type Begun = { header: ExportedFile; line: number; pieces: Buffer[]; bytes: number };

/**
 * The files of an import whose lines were checked, one at a time, from the lines before number `until`. Throws
 * `InvalidImport` for bytes that are not of the type that the file names, as an upload would be refused.
 */
export async function* readFiles(upload: Upload, until: number): AsyncGenerator<ImportedFile> {
  let begun: Begun | null = null;
  for await (const { text, number } of upload.lines()) {
    if (number >= until) return;
    const line = parseExportLine(text, number);
    if (line.type === 'piece' && begun) add(begun, line.base64);
    else if (line.type === 'avatar' || (line.type === 'attachment' && !line.leftOut)) {
      begun = { header: line, line: number, pieces: [], bytes: 0 };
      add(begun, line.base64);
    }
    if (!begun || begun.bytes < begun.header.bytes) continue;
    yield complete(begun);
    begun = null;
  }
}

function add(begun: Begun, base64: string): void {
  const piece = Buffer.from(base64, 'base64');
  begun.pieces.push(piece);
  begun.bytes += piece.length;
}

function complete({ header, line, pieces }: Begun): ImportedFile {
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== header.bytes) throw new InvalidImport(line, 'bytes: are not as many as the base64 has');
  if (!isOfType(header, bytes)) throw new InvalidImport(line, 'mediaType: the bytes are not of this type');
  return { header, bytes, sha256: createHash('sha256').update(bytes).digest() };
}

function isOfType({ type, mediaType }: ExportedFile, bytes: Buffer): boolean {
  if (type === 'avatar') return imageTypeOf(bytes) === mediaType;
  const isImage = parseMediaType(mediaType)?.kind === 'image';
  return isImage ? hasSignature(mediaType, bytes) : isUtf8(bytes) && !bytes.includes(0);
}
