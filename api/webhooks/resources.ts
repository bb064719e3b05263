import { z } from 'zod';
import { eventKinds } from '../../domain/log/events.js';
import { at, id } from '../http/fields.js';

/** The resources of webhooks. */

export const webhook = z
  .object({
    id: id('whk'),
    url: z.string(),
    events: z.array(z.enum(eventKinds)).meta({ description: 'the kinds of events that are sent' }),
    createdAt: at(),
  })
  .meta({ id: 'Webhook', description: 'the secret is never returned' });

export const webhookDelivery = z
  .object({
    id: z.string().meta({ description: 'the same at each attempt, and in `X-Webhook-Id`: repeats are known by it' }),
    webhookId: id('whk'),
    kind: z.enum(eventKinds),
    chatId: id('chat'),
    event: z.unknown().meta({ description: 'the event, as in the log' }),
    note: z.string().optional().meta({ description: 'says that `event.data` was left out for its size' }),
  })
  .meta({ id: 'WebhookDelivery' });
