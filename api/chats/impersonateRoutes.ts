import { z } from 'zod';
import { beginImpersonation, takeImpersonation } from '../../db/chats/impersonations.js';
import type { Pool } from '../../db/core/pool.js';
import { type FailureCode, failures } from '../../domain/log/failures.js';
import { MAX_HINT } from '../../domain/narrative/impersonation.js';
import type { Impersonate } from '../../engine/impersonate.js';
import type { Log } from '../../telemetry/log/log.js';
import { goneSignal } from '../http/goneSignal.js';
import { text } from '../http/input.js';
import { Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { leaveIntake } from '../limits/fairIntake.js';

export type ImpersonateRouteDeps = {
  pool: Pool;
  impersonate: Impersonate;
  /** Aborted when the api stops. */
  closing: AbortSignal;
  log: Pick<Log, 'warn'>;
};

/** Longer than the activity's own time. */
const DEADLINE_MS = 65_000;

const body = z.strictObject({
  hint: text(MAX_HINT)
    .optional()
    .meta({
      description: 'what the message should say',
      examples: ['I ask her for the key, politely.'],
    }),
});

const written = z.object({
  text: z.string().meta({ examples: ['“Could I have the key?” I hold out my hand.'] }),
});

/** The route by which a model writes the user's next message. */
export function impersonateRoutes({ pool, impersonate, closing, log }: ImpersonateRouteDeps): Route[] {
  /** The text; null where the client has gone. */
  async function write(owner: string, chatId: string, hint: string, gone: AbortSignal): Promise<string | null> {
    const impersonationId = await beginImpersonation(pool, owner, chatId, hint);
    try {
      const signal = AbortSignal.any([gone, closing]);
      const { code } = await impersonate({ impersonationId, chatId, owner }, { deadlineMs: DEADLINE_MS, signal });
      if (code) throw problemOf(code);
    } catch (err) {
      await takeImpersonation(pool, impersonationId).catch(() => undefined);
      if (err instanceof Problem) throw err;
      if (gone.aborted) return null;
      if (closing.aborted) throw new Problem('not_ready', 'The api restarts', { 'Retry-After': '1' });
      log.warn({ err, chatId }, 'a message for the user could not be written');
      throw new Problem('engine_unreachable', undefined, { 'Retry-After': '1' });
    }
    const text = await takeImpersonation(pool, impersonationId);
    if (text === null) throw new Problem('chat_not_found');
    return text;
  }

  return [
    route({
      operation: 'impersonate',
      method: 'post',
      path: '/v1/chats/:chatId/impersonate',
      summary: "Have the user's next message written, to edit and send",
      description:
        "The chat's model writes the next message as the user: in a narrative chat as the user's own character (`PUT /v1/you`). Nothing enters the log until it is sent as a turn. It has the context of a reply. A request takes a minute at most, and ends when the client closes the connection. `model_slow` and those failures of a provider that may pass have a `Retry-After`; the `detail` of `model_failed` is the message of the failure.",
      tag: 'Chats',
      body,
      answers: { 200: written },
      problems: [
        'chat_not_found',
        'not_impersonable',
        'limit_reached',
        'model_failed',
        'model_slow',
        'engine_unreachable',
        'not_ready',
      ],
      async handle({ owner, params: { chatId }, body: { hint = '' }, response }) {
        leaveIntake(response);
        const text = await write(owner, chatId, hint, goneSignal(response));
        return text === null ? null : { status: 200, body: { text } };
      },
    }),
  ];
}

const slow: readonly FailureCode[] = ['reply_timeout', 'provider_silent'];

function problemOf(code: FailureCode): Problem {
  if (slow.includes(code)) return new Problem('model_slow', undefined, { 'Retry-After': '10' });
  const { message, retried } = failures[code];
  return new Problem('model_failed', message, retried ? { 'Retry-After': '10' } : {});
}
