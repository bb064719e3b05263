import type { Pool } from '../../db/core/pool.js';
import { markStop } from '../../db/turns/stop.js';
import { Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import type { TurnStopper } from './turnStopper.js';

const tag = 'Turns';

/** Routes that stop a turn. */
export function commandRoutes({ pool, stopTurn }: { pool: Pool; stopTurn: TurnStopper }): Route[] {
  return [
    route({
      operation: 'cancelTurn',
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
      operation: 'cancelRunningTurn',
      method: 'post',
      path: '/v1/chats/:chatId/turns/cancel',
      summary: 'Stop the turn that holds the floor; the queue continues',
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
  ];
}
