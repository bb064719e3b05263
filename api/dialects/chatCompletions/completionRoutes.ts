import { type Request, type Response, Router } from 'express';
import { breakResponse } from '../../http/breakResponse.js';
import { takeViewerPlace, type ViewerPlaces } from '../../limits/viewerPlaces.js';
import type { TurnStopper } from '../../turns/turnStopper.js';
import { createCollectOutput } from '../core/collectOutput.js';
import { type FollowDeps, type FollowedTurn, followTurn } from '../core/followTurn.js';
import { chatOfModel } from '../core/modelChat.js';
import { OpenAiRefused, sendOpenAiError } from '../core/openaiErrors.js';
import { retriedRequest } from '../core/retriedRequest.js';
import { createSseOutput, doneMessage } from '../core/sseOutput.js';
import { createStartTurn, type StartDeps } from '../core/startTurn.js';
import { stopOnClose } from '../core/stopOnClose.js';
import { type Completion, createChunks, toCompletion } from './chunks.js';
import { type CompletionRequest, readCompletionRequest } from './completionRequest.js';

export type CompletionDeps = FollowDeps &
  StartDeps & {
    places: ViewerPlaces;
    stopTurn: TurnStopper;
    relays: boolean;
    /** Names of the headers that name a chat, in lower case. */
    conversationHeaders: readonly string[];
  };

/** Clients of this mount name their chats by a header, whichever of the headers they use. */
const MOUNT = 'openai';

/** `POST /chat/completions`: a turn, streamed or not. A connection that closes stops nothing. */
export function completionRoutes(deps: CompletionDeps): Router {
  const router = Router();
  const startTurn = createStartTurn(deps);

  async function start(request: Request, response: Response, asked: CompletionRequest) {
    const level: number = response.locals.level;
    const clientId = asked.isAside ? null : conversationOf(request, deps.conversationHeaders);
    return startTurn({
      ...retriedRequest(request, response, { mount: MOUNT, names: [clientId] }),
      level,
      clientId,
      newChat: chatOfModel({ ...asked, relays: deps.relays }),
      model: asked.model,
      instructions: asked.instructions,
      options: turnOptionsOf(asked),
      images: asked.images,
      userTexts: asked.userTexts,
      endsWithText: asked.endsWithText,
      outputs: asked.outputs,
      functions: asked.functions,
    });
  }

  router.post('/chat/completions', async (request, response) => {
    const asked = readCompletionRequest(request.body);
    takeViewerPlace(deps.places, response.locals.owner, response);
    const { chatId, turnId, place } = await start(request, response, asked);
    response.set({ 'X-Chat-Id': chatId, 'X-Turn-Id': turnId });
    stopOnClose(deps, response, turnId);
    const completion = { id: turnId, created: nowInSeconds(), model: asked.model, includeUsage: asked.includeUsage };
    await (asked.stream ? stream : answer)(deps, response, completion, place);
  });
  return router;
}

const nowInSeconds = () => Math.floor(Date.now() / 1_000);

type Place = FollowedTurn['place'];

async function stream(deps: FollowDeps, response: Response, completion: Completion, place: Place): Promise<void> {
  const output = createSseOutput(response, createChunks(completion), [doneMessage]);
  await followTurn(deps, { owner: response.locals.owner, turnId: completion.id, place }, output);
}

async function answer(deps: FollowDeps, response: Response, completion: Completion, place: Place): Promise<void> {
  const output = createCollectOutput(response);
  await followTurn(deps, { owner: response.locals.owner, turnId: completion.id, place }, output);
  if (response.destroyed) return;
  // The api restarts. A client that tries again gets the same turn.
  if (!output.ended) return breakResponse(response);
  const { error, completion: body } = toCompletion(completion, output.marks);
  if (error) sendOpenAiError(response, new OpenAiRefused(502, error, { 'x-should-retry': 'false' }));
  else response.json(body);
}

/** Settings of this turn alone. */
const turnOptionsOf = ({ temperature, maxTokens }: CompletionRequest) => ({
  ...(temperature === undefined ? {} : { temperature }),
  ...(maxTokens === undefined ? {} : { maxTokens }),
});

function conversationOf({ headers }: Request, names: readonly string[]): string | null {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, 500);
  }
  return null;
}
