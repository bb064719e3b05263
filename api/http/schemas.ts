import { z } from 'zod';

/** Answers that belong to no folder; the resources are in the folders' `resources.ts`. */

export const accessToken = z
  .object({ token: z.string(), expiresAt: z.iso.datetime().meta({ description: 'when the token ends' }) })
  .meta({ id: 'AccessToken' });

export const serviceFacts = z
  .object({
    relays: z.boolean().meta({ description: 'whether relay chats can be made: `UPSTREAM_BASE_URL` is set' }),
    replyAttempts: z.number().int().positive().meta({ description: 'how often a reply is tried' }),
  })
  .meta({ id: 'ServiceFacts' });

export const problem = z
  .object({ type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), code: z.string() })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable' });

export const pageOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), next: z.string().nullable().meta({ description: "the next page's cursor" }) });
