import type { Pool } from '../../db/core/pool.js';
import { continueOwnerDeletions, requestOwnerDeletion, runningTurnsOf } from '../../db/owners/deleteOwner.js';
import { bounded } from '../../lib/bounded.js';
import type { ChatPurge } from '../chats/chatPurge.js';
import { type Route, route } from '../http/route.js';
import type { TurnStopper } from '../turns/turnStopper.js';

/** How long a request waits for the rows of the owner, and then for what its chats had, in milliseconds. */
const rowsWithinMs = 20_000;
const chatsWithinMs = 8_000;

export type OwnerRouteDeps = {
  pool: Pool;
  stopTurn: TurnStopper;
  chatPurge: Pick<ChatPurge, 'run'>;
  closing: AbortSignal;
};

export function ownerRoutes({ pool, stopTurn, chatPurge, closing }: OwnerRouteDeps): Route[] {
  return [
    route({
      operation: 'deleteOwner',
      method: 'delete',
      path: '/v1/owner',
      summary: 'Delete everything that you have here',
      description:
        'Chats (running turns are stopped), characters, documents, attachments, providers, webhooks, your own character, and all that belongs to them, with the histories in Temporal. The answer comes when they can no longer be read; what is left of large chats is removed in the background, also over restarts of the service. What is created after the request stays. A repeat does no harm.',
      tag: 'You',
      answers: { 204: null },
      async handle({ owner }) {
        const running = await runningTurnsOf(pool, owner);
        await requestOwnerDeletion(pool, owner);
        const { signal, end } = bounded(closing, rowsWithinMs);
        await continueOwnerDeletions(pool, signal, owner).finally(end);
        for (const turnId of running) stopTurn(turnId);
        await chatPurge.run(chatsWithinMs);
        return { status: 204 };
      },
    }),
  ];
}
