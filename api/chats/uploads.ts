import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Request } from 'express';
import { Problem } from '../http/problem.js';

/** What an import may have: bytes in all, and bytes of a line. */
const uploadLimits = { bytes: 128 * 1024 * 1024, line: 12 * 1024 * 1024 } as const;

const LF = 10;

export type Upload = {
  /** The lines, in order, with their numbers from 1; blank ones are left out. Can be read several times. */
  lines(): AsyncGenerator<{ text: string; number: number }>;
  remove(): Promise<void>;
};

/**
 * Writes a request's body to a file of its own, so that a slow client holds no transaction and no memory. Throws
 * `body_too_large`, `unsupported_media_type` for a compressed body, and `invalid_import` for a line that is too long.
 */
export async function receiveUpload(request: Request): Promise<Upload> {
  const encoding = request.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new Problem('unsupported_media_type', 'An import must not be compressed');
  const dir = await mkdtemp(join(tmpdir(), 'durable-turns-import-'));
  const path = join(dir, 'lines');
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await copy(request, (piece) => file.write(piece));
    } finally {
      await file.close();
    }
    return { lines: () => readLines(path), remove };
  } catch (error) {
    // The rest of the body is read and dropped, so that the client gets the answer.
    request.resume();
    await remove();
    throw error;
  }
}

async function copy(request: Request, write: (piece: Buffer) => Promise<unknown>): Promise<void> {
  let bytes = 0;
  let line = { number: 1, bytes: 0 };
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > uploadLimits.bytes) throw new Problem('body_too_large', 'An import may have at most 128 MiB');
    for (let at = 0; at < piece.length; ) {
      const end = piece.indexOf(LF, at);
      line.bytes += (end < 0 ? piece.length : end) - at;
      if (line.bytes > uploadLimits.line)
        throw new Problem('invalid_import', `line ${line.number}: is longer than 12 MiB`);
      at = end < 0 ? piece.length : end + 1;
      if (end >= 0) line = { number: line.number + 1, bytes: 0 };
    }
    await write(piece);
  }
  if (bytes === 0) throw new Problem('invalid_import', 'line 1: there is no line');
}

async function* readLines(path: string): AsyncGenerator<{ text: string; number: number }> {
  const input = createReadStream(path);
  const reader = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const text of reader) {
      number += 1;
      if (text.trim() !== '') yield { text, number };
    }
  } finally {
    // A reader that is left early keeps the file open, and so its space on disk.
    input.destroy();
  }
}
