import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import { Problem } from '../http/problem.js';
import { sendBody } from '../limits/unreadResponses.js';

const compress = promisify(gzip);

/** A body that is read and compressed once. */
type Prepared = { type: string; plain: Buffer; gzipped: Buffer | null; tag: string };

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
};
/** Formats that are already compressed. */
const packed = new Set(['.png']);

async function prepare(extension: string, plain: Buffer): Promise<Prepared> {
  const type = types[extension] ?? 'application/octet-stream';
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 27);
  return { type, plain, gzipped: packed.has(extension) ? null : await compress(plain), tag };
}

function send(request: Request, response: Response, { type, plain, gzipped, tag }: Prepared): void {
  const zip = gzipped !== null && request.acceptsEncodings(['gzip', 'identity']) === 'gzip';
  const body = zip ? gzipped : plain;
  response.set({ 'Content-Type': type, Vary: 'Accept-Encoding', ETag: `"${tag}${zip ? '-gzip' : ''}"` });
  if (request.fresh) return void response.status(304).end();
  if (zip) response.set('Content-Encoding', 'gzip');
  response.set('Content-Length', String(body.length));
  sendBody(response, body);
}

/** Serves a file from memory; reads it again when it has changed on disk. Throws `page_not_built` when it is missing. */
export function serveFile(folder: string, file: string, cacheControl: string): RequestHandler {
  const path = join(folder, file);
  let version = '';
  let prepared: Promise<Prepared> | undefined;

  async function current(): Promise<Prepared> {
    const found = await stat(path).catch(() => null);
    if (!found) throw new Problem('page_not_built');
    const newest = `${found.mtimeMs}:${found.size}`;
    if (prepared && newest === version) return prepared;
    version = newest;
    prepared = readFile(path).then((bytes) => prepare(extname(file), bytes));
    prepared.catch(() => {
      prepared = undefined;
    });
    return prepared;
  }

  return async (request, response) => {
    const body = await current();
    response.set('Cache-Control', cacheControl);
    send(request, response, body);
  };
}

/** Serves a value as JSON. The first request makes, serialises and compresses it. */
export function serveValue(make: () => object): RequestHandler {
  let prepared: Promise<Prepared> | undefined;
  return async (request, response) => {
    prepared ??= prepare('.json', Buffer.from(JSON.stringify(make())));
    send(request, response, await prepared);
  };
}
