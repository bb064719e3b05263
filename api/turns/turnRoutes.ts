import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { readTurn, type TurnView } from '../../db/turns/turnView.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { Feeds } from '../../viewers/gateway/feeds.js';
import { goneSignal } from '../http/goneSignal.js';
import { isBlank } from '../http/input.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Answer, type Route, route } from '../http/route.js';
import { leaveIntake } from '../limits/fairIntake.js';
import { takeViewerPlace, type ViewerPlaces } from '../limits/viewerPlaces.js';
import { streamTurn } from '../live/sse.js';
import type { AcceptTurn } from './acceptTurn.js';
import { newTurnBody } from './newTurnBody.js';
import { turn } from './resources.js';
import { type OnTurnStatus, waitForTurnEnd } from './turnEnd.js';
import { postTurnHeaders, readIdempotencyKey, readWait, wantsFrames } from './turnHeaders.js';
import type { ShowTurn, TurnResource } from './turnResource.js';

const tag = 'Turns';

export type TurnRouteDeps = {
  pool: Pool;
  acceptTurn: AcceptTurn;
  show: ShowTurn;
  onTurnStatus: OnTurnStatus;
  feeds: Feeds;
  places: ViewerPlaces;
  /** Aborted when the api stops: waiting requests are then answered with the current turn. */
  closing: AbortSignal;
};

export function turnRoutes(deps: TurnRouteDeps): Route[] {
  const { pool, acceptTurn, show, feeds, places } = deps;
  return [
    route({
      operation: 'createTurn',
      method: 'post',
      path: '/v1/chats/:chatId/turns',
      summary: 'Post a message: starts a turn',
      tag,
      headers: postTurnHeaders,
      body: newTurnBody,
      answers: { 200: z.object({ turn }), 202: z.object({ turn }) },
      streams: true,
      problems: [
        'empty_text',
        'invalid_idempotency_key',
        'chat_not_found',
        'turn_not_found',
        'attachment_not_found',
        'attachments_unsupported',
        'attachments_too_large',
        'turn_in_progress',
        'idempotency_mismatch',
        'queue_full',
        'chat_full',
        'limit_reached',
        'too_many_viewers',
      ],
      async handle({ owner, params: { chatId }, body, request, response }) {
        if (isBlank(body.text)) throw new Problem('empty_text');
        const idempotencyKey = readIdempotencyKey(request);
        // Before the turn is accepted, so that a refused request accepts no turn.
        if (wantsFrames(request)) takeViewerPlace(places, owner, response);
        const { text, quote, attachments, whenBusy, whenFailed, ...options } = body;
        const { turnId, userTurnSeq, started } = await acceptTurn({
          text,
          quote,
          attachments,
          whenBusy,
          whenFailed,
          options,
          chatId,
          owner,
          idempotencyKey,
          callerLevel: response.locals.level,
        });
        const location = { Location: `/v1/turns/${turnId}` };
        if (wantsFrames(request)) {
          response.set(location);
          response.locals.accepted = turnId;
          await streamTurn(feeds, response, { chatId, turnId, owner, after: userTurnSeq - 1 });
          return null;
        }
        const seconds = readWait(request);
        const freePlace = seconds === null ? null : places.take(owner);
        const engine = async (): Promise<TurnResource['engine']> =>
          (await started) === 'later' ? 'unreachable' : 'ok';
        if (seconds === null || freePlace === null) {
          // The workflow is started before the turn is read for the answer.
          const state = await engine();
          return answer(202, show.plain(found(await readTurn(pool, { turnId, owner })), state), location);
        }
        leaveIntake(response);
        const signal = AbortSignal.any([goneSignal(response), deps.closing]);
        const waiting = waitForTurnEnd(deps, { turnId, owner }, { seconds, signal });
        const view = found(await waiting.finally(freePlace));
        const headers = { ...location, 'Preference-Applied': `wait=${seconds}` };
        return hasEnded(view)
          ? answer(200, show.plain(view), headers)
          : answer(202, show.plain(view, await engine()), headers);
      },
    }),
    route({
      operation: 'getTurn',
      method: 'get',
      path: '/v1/turns/:turnId',
      summary: 'One turn, with the text so far',
      tag,
      answers: { 200: turn },
      problems: ['turn_not_found'],
      async handle({ owner, params: { turnId } }) {
        return { status: 200, body: await show.joined(found(await readTurn(pool, { turnId, owner }))) };
      },
    }),
  ];
}

const answer = (status: number, resource: unknown, headers: Record<string, string>): Answer => ({
  status,
  body: { turn: resource },
  headers,
});

/** The turn's row goes with its chat, which may be deleted during the request. */
const found = (view: TurnView | null): TurnView => orProblem(view, 'turn_not_found');
