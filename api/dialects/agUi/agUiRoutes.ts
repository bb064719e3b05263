import { type Response, Router } from 'express';
import { z } from 'zod';
import { readReplyState } from '../../../db/dialects/replyState.js';
import { findKnownRun, type KnownRun, keepTurnNames, readLastTurn } from '../../../db/dialects/turnNames.js';
import { Problem } from '../../http/problem.js';
import { takeViewerPlace } from '../../limits/viewerPlaces.js';
import { createChatTurns } from '../aiSdk/chatTurns.js';
import { answerCalls, type UiDeps } from '../aiSdk/uiRoutes.js';
import { readRunningTurn, stopRunningTurn } from '../core/chatState.js';
import { createCollectOutput } from '../core/collectOutput.js';
import { followTurn } from '../core/followTurn.js';
import { createGatheredOutput } from '../core/gatheredOutput.js';
import { createSseOutput } from '../core/sseOutput.js';
import type { StartedTurn } from '../core/startTurn.js';
import { stopOnClose } from '../core/stopOnClose.js';
import { readThread } from '../core/thread.js';
import { type AgUiOptions, createAgUiEvents } from './agUiEvents.js';
import { toAgUiMessages } from './agUiMessages.js';
import { type AgUiRequest, readAgUiRequest } from './agUiRequest.js';

const MOUNT = 'ag-ui';

type Run = StartedTurn & Pick<AgUiOptions, 'base' | 'attached' | 'has'>;

/** The one route of AG-UI, and its stop. A run is a turn, a thread a chat; a run that is known is attached to. */
export function agUiRoutes(deps: UiDeps): Router {
  const { pool } = deps;
  const router = Router();
  const turns = createChatTurns(deps, MOUNT);

  async function attach(chatId: string, turnId: string): Promise<Run> {
    return { chatId, turnId, base: await readThreadMessages(deps, chatId, turnId), attached: true };
  }

  async function begin(response: Response, request: AgUiRequest, known: KnownRun | null): Promise<Run> {
    const caller = { owner: String(response.locals.owner), level: Number(response.locals.level) };
    const { threadId, runId, said, messages, newChat, outputs, functions } = request;
    if (!said || (said.text.trim() === '' && outputs.length === 0)) throw new Problem('empty_text');
    const asks = {
      what: 'submit' as const,
      text: said.text,
      images: said.images,
      clientMessageId: said.id,
      edits: known?.message ? said.id : null,
      outputs,
    };
    const thread = { clientId: threadId, chatId: known?.chatId ?? null, newChat, functions, runId };
    const started = await turns.submit(caller, thread, asks);
    return { ...started, base: messages };
  }

  /**
   * The turn that a run attaches to: its own, one that was begun over another protocol, by its id, and for a client that
   * says nothing the one that runs, or the last.
   */
  async function knownTurn(
    owner: string,
    { chatId, run, turn }: KnownRun,
    { said, approvals }: AgUiRequest,
  ): Promise<string | null> {
    const named = run ?? turn;
    if (named) return named;
    if (said || approvals.length > 0) return null;
    return (await readRunningTurn(pool, owner, chatId))?.turnId ?? readLastTurn(pool, chatId);
  }

  async function runOf(response: Response, request: AgUiRequest): Promise<Run> {
    const owner = String(response.locals.owner);
    const { runId, said, approvals } = request;
    const thread = { owner, mount: MOUNT, clientId: request.threadId };
    const known = await findKnownRun(pool, thread, { runId, messageId: said?.id ?? null });
    const turnId = known && (await knownTurn(owner, known, request));
    if (known && turnId) return attach(known.chatId, turnId);
    if (approvals.length === 0) return begin(response, request, known);
    const answered = await answerCalls(deps, response, known?.chatId ?? null, approvals);
    await keepTurnNames(pool, answered, [{ kind: 'run', clientId: runId }]);
    return { ...answered, base: request.messages };
  }

  router.post('/', async (request, response) => {
    const asked = readAgUiRequest(request.body);
    const owner = String(response.locals.owner);
    takeViewerPlace(deps.places, owner, response);
    const { chatId, turnId, place, ...run } = await runOf(response, asked);
    response.set({ 'X-Chat-Id': chatId, 'X-Turn-Id': turnId });
    stopOnClose(deps, response, turnId);
    const { threadId, runId, namesVersion } = asked;
    const names = { threadId, runId, turnId, namesVersion };
    const isOver = run.attached && (await readReplyState(pool, turnId))?.state === 'over';
    const events = createAgUiEvents({ ...names, ...run });
    if (isOver) return finished(deps, response, chatId, names);
    const output = createSseOutput(response, events, []);
    const sent = run.attached ? createGatheredOutput(output) : output;
    await followTurn(deps, { owner, turnId, place, endsWaiting: true }, sent);
  });

  router.post('/stop', async (request, response) => {
    const { threadId } = readStop(request.body);
    const owner = String(response.locals.owner);
    const chatId = await turns.findChat(owner, threadId);
    if (!chatId) throw new Problem('chat_not_found');
    await stopRunningTurn(deps, owner, chatId);
    response.status(204).end();
  });
  return router;
}

const stop = z.looseObject({ threadId: z.string() });

function readStop(given: unknown): z.output<typeof stop> {
  const parsed = stop.safeParse(given ?? {});
  if (!parsed.success) throw new Problem('invalid_body', 'threadId: is missing');
  return parsed.data;
}

/** A run that has ended: the whole thread, and how it ended. */
async function finished(
  deps: UiDeps,
  response: Response,
  chatId: string,
  names: Omit<AgUiOptions, 'base'>,
): Promise<void> {
  const { threadId, runId, turnId } = names;
  const base = await readThreadMessages(deps, chatId, null);
  const collected = createCollectOutput(response);
  await followTurn(deps, { owner: response.locals.owner, turnId }, collected);
  const last = createAgUiEvents({ ...names, base: [] })(collected.marks).at(-1);
  const begun = { data: { type: 'RUN_STARTED', threadId, runId } };
  const messages = [begun, { data: { type: 'MESSAGES_SNAPSHOT', messages: base } }, ...(last ? [last] : [])];
  const output = createSseOutput(response, () => messages, []);
  output.send([]);
  output.end();
}

/** The messages of a thread, without the reply of a run that comes on its stream. */
async function readThreadMessages({ pool }: Pick<UiDeps, 'pool'>, chatId: string, running: string | null) {
  const { messages, names } = await readThread(pool, chatId, running);
  return toAgUiMessages(messages, names);
}
