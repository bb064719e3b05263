import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import { readTurnPlace } from '../../../db/dialects/turnPlace.js';
import type { AnswerApproval } from '../../agents/approvalRoutes.js';
import { breakResponse } from '../../http/breakResponse.js';
import { Problem, problems } from '../../http/problem.js';
import { toProblem } from '../../http/toProblem.js';
import { takeViewerPlace, type ViewerPlaces } from '../../limits/viewerPlaces.js';
import type { TurnStopper } from '../../turns/turnStopper.js';
import { readRunningTurn, stopRunningTurn } from '../core/chatState.js';
import { type FollowDeps, followTurn } from '../core/followTurn.js';
import { answerOf } from '../core/openaiErrors.js';
import { createSseOutput, doneMessage } from '../core/sseOutput.js';
import type { StartDeps, StartedTurn } from '../core/startTurn.js';
import { stopOnClose } from '../core/stopOnClose.js';
import { createChatTurns } from './chatTurns.js';
import { marksSoFar, readUiMessages } from './readUiMessages.js';
import { type AiSdkVersion, createUiChunks, type UiChunkOptions } from './uiChunks.js';
import { type Approval, readUiRequest, type UiRequest } from './uiRequest.js';

export type UiDeps = FollowDeps &
  StartDeps & { places: ViewerPlaces; stopTurn: TurnStopper; answerApproval: AnswerApproval; relays: boolean };

/** `has`: the items that the page has already. `continues`: the page's message in which the reply goes on. */
type Started = StartedTurn & { has?: ReadonlySet<string>; continues?: string | null };

/** The three versions are one mount: a chat that one of them made is found by the others. */
const MOUNT = 'ai-sdk';

/** The routes that a stock page of the AI SDK calls. */
export function uiRoutes(deps: UiDeps, version: AiSdkVersion): Router {
  const { pool } = deps;
  const router = Router();
  const turns = createChatTurns(deps, MOUNT);
  const ownerOf = (response: Response): string => response.locals.owner;

  async function chatOf(request: Request, response: Response): Promise<string> {
    const chatId = await turns.findChat(ownerOf(response), String(request.params.id));
    if (!chatId) throw new Problem('chat_not_found');
    return chatId;
  }

  /** Takes answers that came along with a message. Null where that message begins a turn. */
  async function answerAlong(
    response: Response,
    { clientId, approvals }: UiRequest,
    { clientMessageId, edits }: Extract<UiRequest['asks'], { what: 'submit' }>,
  ): Promise<Started | null> {
    const owner = ownerOf(response);
    const chatId = clientId !== null && approvals.length > 0 ? await turns.findChat(owner, clientId) : null;
    if (!chatId || !(await readRunningTurn(pool, owner, chatId))) return null;
    const answered = await answerCalls(deps, response, chatId, approvals);
    const isNew = clientMessageId === null || edits !== null || !(await turns.turnOf(owner, chatId, clientMessageId));
    return isNew ? null : answered;
  }

  async function start(request: Request, response: Response): Promise<Started> {
    const asked = readUiRequest(request.body);
    const caller = { owner: ownerOf(response), level: Number(response.locals.level) };
    switch (asked.asks.what) {
      case 'submit':
        return (
          (await answerAlong(response, asked, asked.asks)) ?? {
            ...(await turns.submit(caller, asked, asked.asks)),
            continues: asked.asks.continues ?? null,
          }
        );
      case 'regenerate':
        return turns.regenerate(caller, asked, asked.asks.messageId);
      case 'approve':
        return answerCalls(
          deps,
          response,
          asked.clientId && (await turns.findChat(caller.owner, asked.clientId)),
          asked.asks.approvals,
        );
    }
  }

  router.post('/', async (request, response) => {
    takeViewerPlace(deps.places, ownerOf(response), response);
    const { has, continues, ...turn } = await start(request, response);
    const { turnId } = turn;
    stopOnClose(deps, response, turnId);
    const options = {
      version,
      messageId: continues ?? turnId,
      inOneStep: reconnects(request),
      ...(has ? { has } : {}),
    };
    await stream(deps, response, turn, options);
  });

  router.get('/:id/stream', async (request, response) => {
    const owner = ownerOf(response);
    const id = String(request.params.id);
    const received = Math.max(0, Number(request.query.startIndex ?? 0) || 0);
    const place = id.startsWith('turn_') ? await readTurnPlace(pool, { owner, turnId: id }) : null;
    const chatId = place?.chatId ?? (await turns.findChat(owner, id));
    const running = chatId ? await readRunningTurn(pool, owner, chatId) : null;
    const turnId = place ? id : running?.turnId;
    if (!chatId || !turnId || (!place && running?.state.state === 'waiting')) return void response.status(204).end();
    takeViewerPlace(deps.places, owner, response);
    const inOneStep = request.query.startIndex !== undefined;
    await stream(deps, response, { chatId, turnId }, { version, messageId: turnId, received, inOneStep });
  });

  router.post('/:id/stop', async (request, response) => {
    const chatId = await chatOf(request, response);
    await stopRunningTurn(deps, ownerOf(response), chatId);
    response.status(204).end();
  });

  router.get('/:id/messages', async (request, response) => {
    const chatId = await turns.findChat(ownerOf(response), String(request.params.id));
    response.json(chatId ? await readUiMessages(deps, response, chatId, version) : []);
  });

  return router;
}

/** Whether the client connects again by itself: the transports that do so post without the type of their JSON. */
const reconnects = ({ headers }: Request): boolean => !/\bjson\b/i.test(headers['content-type'] ?? '');

/** Decides about calls of the chat's running turn. `has`: the items that were shown before it waited. */
export async function answerCalls(
  deps: UiDeps,
  response: Response,
  chatId: string | null,
  approvals: readonly Approval[],
): Promise<StartedTurn & { has: ReadonlySet<string> }> {
  const [owner, level] = [String(response.locals.owner), Number(response.locals.level)];
  if (!chatId) throw new Problem('chat_not_found');
  const running = await readRunningTurn(deps.pool, owner, chatId);
  if (!running) throw new Problem('approval_not_pending');
  const { turnId } = running;
  const has = running.state.state === 'waiting' ? await shownItems(deps, response, turnId) : new Set<string>();
  for (const { callId, ...answer } of approvals) {
    await deps.answerApproval({ owner, level, turnId, callId }, answer).catch((error: unknown) => {
      // A message also holds earlier decisions, and a repeated request has decided before.
      if (!(error instanceof Problem) || error.code !== 'approval_not_pending') throw error;
    });
  }
  return { chatId, turnId, has };
}

async function stream(
  deps: FollowDeps,
  response: Response,
  { chatId, turnId, place }: StartedTurn,
  options: UiChunkOptions,
): Promise<void> {
  response.set({
    'x-vercel-ai-ui-message-stream': 'v1',
    'x-workflow-run-id': turnId,
    'X-Chat-Id': chatId,
    'X-Turn-Id': turnId,
  });
  const output = createSseOutput(response, createUiChunks(options), [doneMessage]);
  await followTurn(deps, { owner: response.locals.owner, turnId, place, endsWaiting: true }, output);
}

async function shownItems(deps: FollowDeps, response: Response, turnId: string): Promise<ReadonlySet<string>> {
  const marks = await marksSoFar(deps, response, turnId);
  return new Set(marks.flatMap((mark) => (mark.type === 'itemOpened' ? [mark.item.key] : [])));
}

/** The error handler of the mount: pages show the text of a body that is no stream. Express wants four arguments. */
export function answerUiError(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = toProblem(error);
    const { code, detail } = problem;
    const { status, headers } = answerOf(problem);
    if (status >= 500) (request.log ?? log).warn({ err: error, method: request.method, code }, 'a request failed');
    if (response.headersSent) return breakResponse(response);
    const title = problems[code].title;
    response
      .status(status)
      .set(headers)
      .type('text/plain')
      .send(detail === title ? title : `${title}: ${detail}`);
  };
}
