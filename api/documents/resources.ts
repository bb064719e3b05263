import { z } from 'zod';
import { at, id } from '../http/fields.js';

/** The resources of documents. */

export const document = z
  .object({
    id: id('doc'),
    title: z.string(),
    body: z.string(),
    version: z.number().int().meta({ description: 'counts from 1; each edit adds 1' }),
    createdAt: at(),
    updatedAt: at(),
  })
  .meta({ id: 'Document' });

export const change = z
  .object({
    id: id('chg'),
    documentId: id('doc'),
    kind: z.literal('ai'),
    state: z.enum(['pending', 'accepted', 'declined']),
    original: z.string(),
    proposed: z.string(),
    reason: z.string(),
    staleSince: at().nullable().meta({
      description:
        'the time since which the change has no place: the body no longer contains the original, or an accepted change used its place; else null',
    }),
    messageSeq: z.number().int().meta({ description: 'seq of the event that proposed it' }),
    place: z.object({ start: z.number().int(), end: z.number().int() }).nullable().optional().meta({
      description: 'of an accepted change: where its text is in the newest body, in UTF-16 code units; null if unknown',
    }),
  })
  .meta({ id: 'Change' });
