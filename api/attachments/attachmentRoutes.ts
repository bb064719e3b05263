import { z } from 'zod';
import { type AttachmentLimits, createAttachment, readAttachment } from '../../db/attachments/attachments.js';
import type { Pool } from '../../db/core/pool.js';
import { type Attachment, attachment, isImage } from '../../domain/attachments/attachment.js';
import { orProblem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { createUploadPlaces } from '../limits/uploadPlaces.js';
import { receiveUpload, type UploadMemory } from './receiveUpload.js';
import { sendAttachment } from './sendAttachment.js';

export type AttachmentRouteDeps = { pool: Pool; limits: AttachmentLimits };

const tag = 'Attachments';
/** Of an owner at once. An upload is in memory as a whole, of a download a piece is. */
const UPLOADS = 6;
const DOWNLOADS = 16;
/** A dozen uploads of the largest size. */
const MAX_UPLOAD_MEMORY = 128 * 1024 * 1024;

/** Text is served with its charset. */
const contentType = (stored: Attachment) => (isImage(stored) ? stored.mediaType : `${stored.mediaType}; charset=utf-8`);

export function attachmentRoutes({ pool, limits }: AttachmentRouteDeps): Route[] {
  const uploads = createUploadPlaces({ perOwner: UPLOADS, inAll: Number.POSITIVE_INFINITY });
  const downloads = createUploadPlaces({ perOwner: DOWNLOADS, inAll: Number.POSITIVE_INFINITY });
  const memory: UploadMemory = { taken: 0, max: MAX_UPLOAD_MEMORY };

  return [
    route({
      operation: 'uploadAttachment',
      method: 'post',
      path: '/v1/attachments',
      summary: 'Upload an image or a text file for a message; what no message has is removed after a day',
      tag,
      headers: z.object({
        'X-Filename': z.string().optional().meta({ description: 'name of the file, percent-encoded UTF-8' }),
      }),
      bytes: true,
      answers: { 201: attachment },
      problems: ['invalid_body', 'limit_reached', 'body_too_large', 'unsupported_media_type'],
      async handle({ owner, request }) {
        const stored = await uploads(owner, async () =>
          createAttachment(pool, owner, await receiveUpload(request, memory), limits),
        );
        return { status: 201, body: stored, headers: { Location: `/v1/attachments/${stored.id}` } };
      },
    }),
    route({
      operation: 'getAttachment',
      method: 'get',
      path: '/v1/attachments/:attachmentId',
      summary: 'The bytes of an attachment, with their media type',
      tag,
      answersWith: ['image/*', 'text/*', 'application/json'],
      answers: { 200: null },
      problems: ['attachment_not_found'],
      async handle({ owner, params: { attachmentId }, request, response }) {
        const stored = orProblem(await readAttachment(pool, owner, attachmentId), 'attachment_not_found');
        if (request.method === 'HEAD') response.set(headersOf(stored)).end();
        else await downloads(owner, () => sendAttachment(pool, response, stored, headersOf(stored)));
        return null;
      },
    }),
  ];
}

/**
 * The bytes are inert wherever a browser opens them: a sandbox without scripts, no guessed type, and a download for all but
 * images.
 */
const headersOf = (stored: Attachment): Record<string, string> => ({
  'Content-Type': contentType(stored),
  'Content-Length': String(stored.bytes),
  'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Content-Disposition': disposition(stored),
});

/** RFC 6266: the name in ASCII, and as UTF-8. */
function disposition(stored: Attachment): string {
  const kind = isImage(stored) ? 'inline' : 'attachment';
  if (stored.name === undefined) return kind;
  const plain = stored.name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(stored.name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
