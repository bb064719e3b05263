import type { Request } from 'express';
import { z } from 'zod';
import { Problem } from '../http/problem.js';

/** The longest wait of `Prefer: wait=N`, in seconds. */
const longestWait = 300;

export const postTurnHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'The same key on the same chat answers with the same turn and starts nothing' }),
  Prefer: z.string().optional().meta({
    description:
      '`wait=N`: answer 200 with the finished turn if it ends within N seconds; not waited for by more than the owner may have viewers',
    example: 'wait=30',
  }),
});

export function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) throw new Problem('invalid_idempotency_key');
  return key;
}

/** The seconds of `Prefer: wait=N` (RFC 7240), at most 300; null without it or for an invalid N. */
export function readWait(request: Request): number | null {
  const prefer = request.headers.prefer;
  const preferences = (Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '')).split(',');
  for (const preference of preferences) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (seconds !== undefined) return Number(seconds) > 0 ? Math.min(Number(seconds), longestWait) : null;
  }
  return null;
}

/** Whether the client asks for a stream of frames and not for JSON. */
export function wantsFrames(request: Request): boolean {
  return request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream';
}
