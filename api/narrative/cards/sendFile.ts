import type { Response } from 'express';
import type { Image } from '../../../db/narrative/avatars.js';
import { sendBody } from '../../limits/unreadResponses.js';

/** Answers with an image. Nothing in it can run, even if a browser takes it for a page. */
export function sendFile(response: Response, { mediaType, bytes }: Image): void {
  response
    .status(200)
    .set({ 'Content-Type': mediaType, 'Content-Security-Policy': "default-src 'none'; sandbox" })
    .setHeader('Content-Length', bytes.length);
  sendBody(response, bytes);
}
