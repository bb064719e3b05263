import { z } from 'zod';
import type { Limits } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import type { SealingKey } from '../../db/core/sealed.js';
import { createWebhook, deleteWebhook, listWebhooks } from '../../db/webhooks/webhooks.js';
import { type EventKind, eventKinds } from '../../domain/log/events.js';
import { AddressRefused, type AddressRules, checkSpelledHost } from '../../lib/providerAddress.js';
import type { Auth } from '../http/auth.js';
import { idPage, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { webhook } from './resources.js';

const tag = 'Webhooks';

const webhookUrl = text(2_000).refine(
  (value) => {
    if (!URL.canParse(value) || /[\s\\]/.test(value)) return false;
    const { protocol, username, password, hash } = new URL(value);
    return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '';
  },
  { error: 'must be a URL that starts with http:// or https:// and holds no user, password or #' },
);

const newWebhook = z
  .strictObject({
    url: webhookUrl,
    events: z
      .array(z.enum(eventKinds as [EventKind, ...EventKind[]]))
      .min(1)
      .max(eventKinds.length)
      .meta({ description: 'the kinds of events that are sent' }),
    secret: text(1_000).min(1).meta({ description: 'signs what is sent; it is encrypted and never comes back out' }),
  })
  .meta({
    example: {
      url: 'https://example.com/hooks/chats',
      events: ['assistant_turn', 'turn_completed'],
      secret: 'a long random text',
    },
  });

export type WebhookRouteDeps = {
  pool: Pool;
  sealingKey: SealingKey | null;
  auth: Pick<Auth, 'keyed'>;
  limits: Pick<Limits, 'webhooks'>;
  allowedProviderHosts: AddressRules['allowed'];
};

export function webhookRoutes({ pool, sealingKey, auth, limits, allowedProviderHosts }: WebhookRouteDeps): Route[] {
  const isOperator = !auth.keyed;
  const rules = { allowed: allowedProviderHosts, loopback: isOperator };
  return [
    route({
      operation: 'createWebhook',
      method: 'post',
      path: '/v1/webhooks',
      summary: 'Have the events of all your chats posted to a URL',
      description:
        "From now on each new event whose kind is in `events` is posted as a `WebhookDelivery`, at least once, and retried for a day: see `webhooks` in this document, and docs/webhooks.md. Only public addresses are reached, and those in the server's `ALLOWED_PROVIDER_HOSTS`.",
      tag,
      body: newWebhook,
      answers: { 201: webhook },
      problems: ['provider_keys_disabled', 'webhook_host_not_allowed', 'limit_reached'],
      async handle({ owner, body }) {
        if (!sealingKey) throw new Problem('provider_keys_disabled');
        mustBeAllowed(body.url, rules);
        const created = await createWebhook(pool, sealingKey, { owner, isOperator }, body, limits);
        return { status: 201, body: created };
      },
    }),
    route({
      operation: 'listWebhooks',
      method: 'get',
      path: '/v1/webhooks',
      summary: 'List webhooks, oldest first',
      tag,
      query: idPage('whk'),
      answers: { 200: pageOf(webhook) },
      async handle({ owner, query }) {
        const found = await listWebhooks(pool, owner, { ...query, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => item.id);
      },
    }),
    route({
      operation: 'deleteWebhook',
      method: 'delete',
      path: '/v1/webhooks/:webhookId',
      summary: 'Delete a webhook and its open deliveries',
      description: 'A request that is on its way at this moment still arrives; none follows it.',
      tag,
      answers: { 204: null },
      problems: ['webhook_not_found'],
      async handle({ owner, params }) {
        if (!(await deleteWebhook(pool, owner, params.webhookId))) throw new Problem('webhook_not_found');
        return { status: 204 };
      },
    }),
  ];
}

/** As with providers, names are not looked up here: the worker checks their addresses at each connection. */
function mustBeAllowed(url: string, rules: AddressRules): void {
  try {
    checkSpelledHost(new URL(url), rules);
  } catch (error) {
    if (error instanceof AddressRefused) throw new Problem('webhook_host_not_allowed');
    throw error;
  }
}
