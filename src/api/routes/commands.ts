import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { markStop } from '../../db/stop.js';
import { readTurn } from '../../db/turnView.js';
import { prose } from '../input.js';
import { Problem } from '../problem.js';
import { type Route, route } from '../route.js';
import type { TurnStopper } from '../turnStopper.js';

const tag = 'Turns';

/** What is asked of a turn that exists: to stop, and what a person has to approve. */
export function commandRoutes({ pool, stopTurn }: { pool: Pool; stopTurn: TurnStopper }): Route[] {
  const mustExist = async (turnId: string, owner: string) => {
    if (!(await readTurn(pool, { turnId, owner }))) throw new Problem('turn_not_found');
  };
  return [
    route({
      method: 'post',
      path: '/v1/turns/:turnId/cancel',
      summary: 'Stop a turn, whether or not it runs, any number of times',
      tag,
      answers: { 204: null },
      problems: ['turn_not_found'],
      async handle({ owner, params: { turnId } }) {
        const stopped = await markStop(pool, { turnId, owner });
        if (!stopped.found) throw new Problem('turn_not_found');
        if (stopped.stopping) stopTurn(stopped.stopping);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/v1/chats/:chatId/turns/cancel',
      summary: 'Stop the turn that holds the floor; the queue goes on',
      tag,
      answers: { 204: null },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId } }) {
        const stopped = await markStop(pool, { chatId, owner });
        if (!stopped.found) throw new Problem('chat_not_found');
        if (stopped.stopping) stopTurn(stopped.stopping);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/v1/turns/:turnId/approvals/:callId',
      summary: 'Approve or refuse a tool call that waits for a person',
      tag,
      body: z.strictObject({ approved: z.boolean(), comment: prose().optional() }),
      answers: { 202: null },
      problems: ['turn_not_found', 'approval_not_pending'],
      async handle({ owner, params }) {
        await mustExist(params.turnId, owner);
        throw new Problem('approval_not_pending');
      },
    }),
  ];
}
