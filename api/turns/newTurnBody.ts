import { z } from 'zod';
import { MAX_ATTACHMENTS } from '../../domain/attachments/attachment.js';
import { whenBusy, whenFailed } from '../../domain/turns/turn.js';
import { turnOptionFields } from '../../domain/turns/turnOptionSchemas.js';
import { prose } from '../http/input.js';

/** The body of `POST /v1/chats/:chatId/turns`. */
export const newTurnBody = z.strictObject({
  text: prose(),
  quote: prose().optional(),
  attachments: z
    .array(z.string().max(100))
    .max(MAX_ATTACHMENTS)
    .refine((ids) => new Set(ids).size === ids.length, { error: 'must not name one twice' })
    .optional()
    .meta({ description: 'ids of uploads (`POST /v1/attachments`), in the order in which the model gets them' }),
  whenBusy: whenBusy.default('enqueue'),
  whenFailed: whenFailed.default('fail'),
  ...turnOptionFields,
});
