import { type Request, type Response, Router } from 'express';
import { readReplyState } from '../../../db/dialects/replyState.js';
import { findResponse, type StoredResponse } from '../../../db/dialects/responses.js';
import { markStop } from '../../../db/turns/stop.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { cursorBefore, type MarkCursor, unpackCursor } from '../../../domain/marks/cursor.js';
import { hasEnded } from '../../../domain/turns/endStatus.js';
import { breakResponse } from '../../http/breakResponse.js';
import { takeViewerPlace, type ViewerPlaces } from '../../limits/viewerPlaces.js';
import type { TurnStopper } from '../../turns/turnStopper.js';
import { createCollectOutput } from '../core/collectOutput.js';
import { type FollowDeps, followTurn } from '../core/followTurn.js';
import { invalidRequest } from '../core/openaiErrors.js';
import { createSseOutput, doneMessage } from '../core/sseOutput.js';
import { stopOnClose } from '../core/stopOnClose.js';
import { type DeletionDeps, deleteTurn, forgetUnstored } from './deletions.js';
import { notFound, type StartResponseDeps } from './responseChat.js';
import { createResponseEvents } from './responseEvents.js';
import { type ResponseFields, type ResponseHead, type ResponseObject, responseObject } from './responseObject.js';
import { readResponseRequest } from './responseRequest.js';
import { type BegunResponse, startResponse } from './startResponse.js';

export type ResponseDeps = FollowDeps &
  StartResponseDeps &
  DeletionDeps & { places: ViewerPlaces; stopTurn: TurnStopper };

type Stored = StoredResponse<ResponseFields>;

/** Seconds that a cancel waits for the text to land. */
const CANCEL_WAIT = 30;

const nowInSeconds = () => Math.floor(Date.now() / 1_000);

const headOf = ({ turnId, chatId, fields, createdAt }: Stored): ResponseHead => ({
  id: turnId,
  conversation: chatId,
  createdAt: Math.floor(createdAt.getTime() / 1_000),
  fields,
});

/** The routes of OpenAI's Responses API: a response is a turn, a conversation a chat. */
export function responseRoutes(deps: ResponseDeps): Router {
  const { pool } = deps;
  const router = Router();

  async function found(request: Request, response: Response): Promise<Stored> {
    const stored = await findResponse<ResponseFields>(pool, {
      owner: response.locals.owner,
      turnId: String(request.params.id),
    });
    if (!stored) throw notFound(`Response with id '${String(request.params.id).slice(0, 100)}' not found.`);
    return stored;
  }

  router.post('/responses', async (request, response) => {
    const asked = readResponseRequest(request.body);
    const owner: string = response.locals.owner;
    takeViewerPlace(deps.places, owner, response);
    const stored = await startResponse(deps, request, response, asked);
    response.set({ 'X-Chat-Id': stored.chatId, 'X-Turn-Id': stored.turnId });
    if (!stored.fields.background) stopOnClose(deps, response, stored.turnId);
    if (!asked.stream && stored.fields.background) return answer(response, await current(deps, response, stored));
    if (asked.stream) await stream(deps, response, stored, { cursor: null, singly: false });
    else {
      const body = await collected(deps, response, stored);
      if (!body) return breakResponse(response);
      response.json(body);
    }
    await forgetUnstored(deps, response, { ...stored, isStored: stored.fields.store });
  });

  router.delete('/responses/:id', async (request, response) => {
    const { turnId: id, chatId } = await found(request, response);
    await deleteTurn(deps, { owner: response.locals.owner, chatId, turnId: id });
    response.json({ id, object: 'response', deleted: true });
  });

  router.get('/responses/:id', async (request, response) => {
    const stored = await found(request, response);
    response.set({ 'X-Chat-Id': stored.chatId, 'X-Turn-Id': stored.turnId });
    if (request.query.stream !== 'true') return answer(response, await current(deps, response, stored));
    takeViewerPlace(deps.places, response.locals.owner, response);
    const cursor = readCursor(request.query.starting_after);
    return stream(deps, response, stored, { cursor, singly: cursor === null });
  });

  router.post('/responses/:id/cancel', async (request, response) => {
    const stored = await found(request, response);
    const which = { owner: response.locals.owner as string, turnId: stored.turnId };
    const { stopping } = await markStop(pool, which);
    if (stopping) deps.stopTurn(stopping);
    const ended = await collected(deps, response, stored, AbortSignal.timeout(CANCEL_WAIT * 1_000));
    answer(response, ended ?? (deps.closing.aborted ? null : await current(deps, response, stored)));
  });

  router.get('/responses/:id/input_items', async (request, response) => {
    const { input, turnId } = await found(request, response);
    const data = input.map((item, n) => ({ ...(item as object), id: `msg_${turnId.replace(/^turn_/, '')}_in_${n}` }));
    response.json(listOf(data, request.query));
  });

  return router;
}

function readCursor(given: unknown): MarkCursor | null {
  if (given === undefined) return null;
  const cursor = typeof given === 'string' && /^\d{1,16}$/.test(given) ? unpackCursor(Number(given)) : null;
  if (!cursor) throw invalidRequest('starting_after: must be the sequence number of an event', 'starting_after');
  return cursor;
}

async function isQueued({ pool }: ResponseDeps, owner: string, { turnId, queued }: BegunResponse): Promise<boolean> {
  if (queued !== undefined) return queued;
  return (await readTurn(pool, { turnId, owner }))?.status === 'queued';
}

async function stream(
  deps: ResponseDeps,
  response: Response,
  stored: BegunResponse,
  how: { cursor: MarkCursor | null; singly: boolean },
): Promise<void> {
  const owner: string = response.locals.owner;
  const queued = await isQueued(deps, owner, stored);
  const events = createResponseEvents({ head: headOf(stored), queued, now: nowInSeconds, ...how });
  const output = createSseOutput(response, events.encode, [doneMessage]);
  const { turnId, place } = stored;
  await followTurn(deps, { owner, turnId, place, cursor: how.cursor, continues: false }, output);
}

/** Breaks the connection where there is no answer, so that the client tries again. */
function answer(response: Response, body: ResponseObject | null): void {
  if (body) response.json(body);
  else breakResponse(response);
}

/** The response when its reply is over; null if the connection or the api ended before, or the signal is aborted. */
async function collected(
  deps: ResponseDeps,
  response: Response,
  stored: BegunResponse,
  signal?: AbortSignal,
): Promise<ResponseObject | null> {
  const head = headOf(stored);
  const events = createResponseEvents({
    head,
    queued: false,
    cursor: cursorBefore(2),
    singly: false,
    now: nowInSeconds,
  });
  const output = createCollectOutput(response);
  signal?.addEventListener('abort', () => output.close(1000, ''), { once: true });
  const { turnId, place } = stored;
  await followTurn(deps, { owner: response.locals.owner, turnId, place, continues: false }, output);
  if (!output.ended) return null;
  events.encode(output.marks);
  return events.current();
}

/** The response as it is now. */
async function current(deps: ResponseDeps, response: Response, stored: Stored): Promise<ResponseObject | null> {
  const state = await readReplyState(deps.pool, stored.turnId);
  if (state?.state === 'over') return collected(deps, response, stored);
  const view = await readTurn(deps.pool, { owner: response.locals.owner, turnId: stored.turnId });
  if (view && hasEnded(view)) return collected(deps, response, stored);
  return responseObject(headOf(stored), { status: view?.status === 'queued' ? 'queued' : 'in_progress' });
}

/** A page of a list, newest first unless asked otherwise. */
function listOf<T extends { id: string }>(items: readonly T[], query: Request['query']) {
  const limit = Math.min(100, Math.max(1, Number(query.limit ?? 20) || 20));
  const ordered = query.order === 'asc' ? [...items] : [...items].reverse();
  const start = typeof query.after === 'string' ? ordered.findIndex(({ id }) => id === query.after) + 1 : 0;
  const data = ordered.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < ordered.length,
  };
}
