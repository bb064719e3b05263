import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { editReply } from '../../db/timeline/versions/editReply.js';
import { activateVersion, readVersions } from '../../db/timeline/versions/versions.js';
import { readTurn } from '../../db/turns/turnView.js';
import { emptyBody, idPage, isBlank, prose } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import type { HeavyWork } from '../limits/heavyWork.js';
import { turn, version } from '../turns/resources.js';
import { postTurnHeaders, readIdempotencyKey } from '../turns/turnHeaders.js';
import type { ShowTurn } from '../turns/turnResource.js';
import type { TurnStopper } from '../turns/turnStopper.js';
import type { Regenerate } from './regenerate.js';

export type VersionRouteDeps = {
  pool: Pool;
  heavy: HeavyWork;
  regenerate: Regenerate;
  show: ShowTurn;
  stopTurn: TurnStopper;
};

type Version = { turnId: string; owner: string; text?: string | undefined; continues?: boolean };

/** Routes of a reply's versions: generated again, continued, edited by hand, and which of them is active. */
export function versionRoutes({ pool, heavy, regenerate, show, stopTurn }: VersionRouteDeps): Route[] {
  const tag = 'Versions';
  const read = async (turnId: string, owner: string) =>
    orProblem(await readTurn(pool, { turnId, owner }), 'turn_not_found');
  /** Accepts a turn that replaces the last reply. */
  const accept = async (version: Version, request: Request, response: Response) => {
    const idempotencyKey = readIdempotencyKey(request);
    const { level: callerLevel } = response.locals;
    const accepted = await regenerate({ ...version, idempotencyKey, callerLevel });
    const shown = show.plain(
      await read(accepted.turnId, version.owner),
      accepted.started === 'later' ? 'unreachable' : 'ok',
    );
    return { status: 202 as const, body: { turn: shown }, headers: { Location: `/v1/turns/${accepted.turnId}` } };
  };
  return [
    route({
      operation: 'regenerateTurn',
      method: 'post',
      path: '/v1/turns/:turnId/regenerate',
      summary: 'Generate the last reply again, for new text or the same',
      tag,
      headers: postTurnHeaders.pick({ 'Idempotency-Key': true }),
      body: z.strictObject({ text: prose().optional() }),
      answers: { 202: z.object({ turn }) },
      problems: [
        'empty_text',
        'invalid_idempotency_key',
        'turn_not_found',
        'turn_in_progress',
        'not_last_turn',
        'idempotency_mismatch',
        'chat_full',
        'limit_reached',
      ],
      async handle({ owner, params: { turnId }, body: { text }, request, response }) {
        if (text !== undefined && isBlank(text)) throw new Problem('empty_text');
        return accept({ turnId, owner, text }, request, response);
      },
    }),
    route({
      operation: 'continueTurn',
      method: 'post',
      path: '/v1/turns/:turnId/continue',
      summary: 'Continue the last reply: a new version of it that begins with its text',
      tag,
      headers: postTurnHeaders.pick({ 'Idempotency-Key': true }),
      body: emptyBody,
      answers: { 202: z.object({ turn }) },
      problems: [
        'invalid_idempotency_key',
        'turn_not_found',
        'turn_in_progress',
        'not_last_turn',
        'not_continuable',
        'idempotency_mismatch',
      ],
      handle: ({ owner, params: { turnId }, request, response }) =>
        accept({ turnId, owner, continues: true }, request, response),
    }),
    route({
      operation: 'listVersions',
      method: 'get',
      path: '/v1/turns/:turnId/versions',
      summary: 'The versions of a reply, oldest first',
      tag,
      query: idPage('turn', 1_000),
      answers: { 200: pageOf(version) },
      problems: ['turn_not_found'],
      async handle({ owner, params: { turnId }, query }) {
        const found = await readVersions(pool, { turnId, owner }, { ...query, limit: query.limit + 1 });
        return listPage(orProblem(found, 'turn_not_found'), query.limit, (item) => item.id);
      },
    }),
    route({
      operation: 'editReply',
      method: 'post',
      path: '/v1/turns/:turnId/versions',
      summary: 'Edit a reply by hand: the text becomes a new version of it, with the same effects',
      tag,
      body: z.strictObject({
        text: prose().meta({ description: 'the whole new text of the beat' }),
        beat: z.number().int().min(0).max(1).default(0).meta({ description: 'which beat of the reply to edit' }),
      }),
      answers: { 201: turn },
      problems: [
        'empty_text',
        'turn_not_found',
        'beat_not_found',
        'reply_has_changes',
        'turn_in_progress',
        'chat_full',
      ],
      async handle({ owner, params: { turnId }, body: { text, beat } }) {
        if (isBlank(text)) throw new Problem('empty_text');
        const edited = await heavy(owner, () => editReply(pool, { turnId, owner, beat, text }));
        if (edited.ended) stopTurn(edited.ended);
        return { status: 201, body: await show.joined(await read(edited.turnId, owner)) };
      },
    }),
    route({
      operation: 'activateVersion',
      method: 'post',
      path: '/v1/turns/:turnId/versions/:versionId/activate',
      summary: "Choose a version: it and its effects become the timeline's",
      tag,
      answers: { 200: turn },
      problems: ['turn_not_found', 'version_not_found', 'version_not_landed', 'turn_in_progress'],
      async handle({ owner, params: { turnId, versionId } }) {
        const { ended } = await heavy(owner, () => activateVersion(pool, { turnId, versionId, owner }));
        if (ended) stopTurn(ended);
        return { status: 200, body: await show.joined(await read(versionId, owner)) };
      },
    }),
  ];
}
