import { setTimeout as delay } from 'node:timers/promises';
import type { AttachmentLimits } from '../../../db/attachments/attachments.js';
import { readChat } from '../../../db/chats/chats.js';
import { createChat, type NewChat } from '../../../db/chats/newChat.js';
import type { Limits } from '../../../db/chats/ownerLimits.js';
import type { Pool } from '../../../db/core/pool.js';
import { ChatRefused } from '../../../db/core/refused.js';
import { findOrMakeChat } from '../../../db/dialects/chatNames.js';
import { beginRequest, type DialectRequest, findRequestTurn, keepRequestChat } from '../../../db/dialects/requests.js';
import { beginInKnownChat, type KnownChat, readKnownChat, type UserText } from '../../../db/dialects/userTexts.js';
import type { ClientFunctions, ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { type HistoryPlan, planHistory } from '../../../domain/dialects/history.js';
import type { TurnOptions } from '../../../domain/turns/turnOptions.js';
import { Problem } from '../../http/problem.js';
import type { Regenerate } from '../../timeline/regenerate.js';
import type { Rewind } from '../../timeline/rewind.js';
import type { AcceptTurn } from '../../turns/acceptTurn.js';
import { type OnTurnStatus, waitForTurnEnd } from '../../turns/turnEnd.js';
import { answersAs, settingsOf } from './followSettings.js';
import type { FollowedTurn } from './followTurn.js';
import { attachImages } from './images.js';
import { askingTurnOf, findStrayOutput, mustFit } from './outputs.js';
import { replacedMessage } from './replacedMessage.js';
import type { RetriedRequest } from './retriedRequest.js';

/** Milliseconds before another try where no turn can be waited for. */
const TRY_AGAIN_MS = 100;
/** Requests with the same history at the same time: each try begins with the chat as the others have left it. */
const MAX_TRIES = 5;
/** Seconds that a change of an earlier message waits for the floor. */
const FLOOR_WAIT = 600;

export type StartDeps = {
  pool: Pool;
  acceptTurn: AcceptTurn;
  regenerate: Regenerate;
  rewind: Rewind;
  onTurnStatus: OnTurnStatus;
  limits: Pick<Limits, 'chats'> & AttachmentLimits;
  closing: AbortSignal;
};

/** A request of a client that sends the whole conversation each time. */
export type HistoryRequest = RetriedRequest & {
  level: number;
  /** How the client names the chat; null: a chat of its own. */
  clientId: string | null;
  /** The chat that the request makes, if it makes one. */
  newChat: NewChat;
  /** What the request says of the model, for a chat that exists. */
  model: string;
  instructions: string | null;
  options: TurnOptions;
  /** `data:` URLs of the newest message's images. */
  images: readonly string[];
  /** The texts of the user's messages; at least one, unless it ends with outputs. */
  userTexts: readonly string[];
  /** Whether the last message is a text of the user; else it is an output. */
  endsWithText: boolean;
  /** What the client's functions gave after the last reply. */
  outputs: readonly ClientOutput[];
  functions: ClientFunctions | undefined;
};

/** `place`: of a turn that this request has begun. */
export type StartedTurn = { chatId: string; turnId: string; place?: FollowedTurn['place'] };

/**
 * Finds out what a request with a whole history means, and starts its turn. A turn that runs makes it wait: a new message in
 * the chat's queue, a change of an earlier one for the floor. A repeated request gets the turn of the first.
 */
export function createStartTurn(deps: StartDeps): (request: HistoryRequest) => Promise<StartedTurn> {
  const { pool } = deps;

  /** The chat that a request names: by its client's name, or by a call that waits for one of the outputs. */
  async function findChat({ owner, mount, clientId, outputs, endsWithText }: HistoryRequest) {
    if (clientId !== null) return readKnownChat(pool, { owner, mount, clientId });
    const asking = endsWithText ? null : askingTurnOf(outputs[0]?.callId ?? '');
    return asking === null ? null : readKnownChat(pool, { owner, turnId: asking });
  }

  /** Records the request, and finds its chat. */
  async function begin(request: HistoryRequest): Promise<{ begun: DialectRequest; chat: KnownChat | null }> {
    const { clientId, repeats } = request;
    if (clientId !== null && !repeats) return beginInKnownChat(pool, { ...request, clientId });
    const [begun, chat] = await Promise.all([beginRequest(pool, request), findChat(request)]);
    return { begun, chat };
  }

  /** Whether the chat can do what the plan says. */
  async function isPossible(request: HistoryRequest, chat: KnownChat, plan: HistoryPlan) {
    const { id: chatId, texts: known } = chat;
    if (request.clientId !== chatId && !answersAs(chat, request.newChat)) return false;
    switch (plan.plan) {
      case 'turn':
        return true;
      case 'again':
        // A reply that was made elsewhere can not be made again.
        return known[plan.index]?.turnId !== null;
      case 'outputs':
        // A client that does not name its chat may continue one history several times.
        if (plan.before !== null) return request.clientId !== null;
        return (await findStrayOutput(pool, chatId, request.outputs)) === null;
      case 'newChat':
        return false;
    }
  }

  /** `chat`: the one that the request names. */
  async function chatOf(
    request: HistoryRequest,
    chat: KnownChat | null,
  ): Promise<{ chatId: string; known: UserText[]; plan: HistoryPlan }> {
    const { owner, mount, clientId, newChat, userTexts, outputs, endsWithText } = request;
    const { limits } = deps;
    const known = chat?.texts ?? [];
    const plan = planHistory(known, { texts: userTexts, answers: outputs.map(({ callId }) => callId), endsWithText });
    if (chat && (await isPossible(request, chat, plan))) return { chatId: chat.id, known, plan };
    const fresh: HistoryPlan = endsWithText
      ? { plan: 'turn', text: userTexts.at(-1) ?? '' }
      : { plan: 'outputs', before: null };
    if (clientId === null)
      return { chatId: (await createChat(pool, owner, newChat, limits)).id, known: [], plan: fresh };
    const isFit = (chatId: string) => chatId !== chat?.id;
    const { chatId } = await findOrMakeChat(pool, { owner, mount, clientId }, newChat, { limits, isFit });
    return { chatId, known: [], plan: fresh };
  }

  /** Takes back a message of the timeline, and what followed it. */
  const takeBack = (owner: string, chatId: string, message: UserText) =>
    whenFree(deps, { owner, chatId }, () =>
      deps.rewind({ owner, chatId, toSeq: { line: message.seq - 1 }, interrupt: false }),
    );

  async function replyAgain(
    request: HistoryRequest,
    chat: { chatId: string; known: UserText[] },
    plan: Again,
    key: string,
  ) {
    const { owner, level } = request;
    const target = chat.known[plan.index];
    if (!target?.turnId) throw new Problem('internal');
    const { turnId } = target;
    const next = chat.known[plan.index + 1];
    return whenFree(deps, { owner, chatId: chat.chatId }, async () => {
      if (next) await deps.rewind({ owner, chatId: chat.chatId, toSeq: { line: target.seq }, interrupt: false });
      const text = plan.text ?? undefined;
      const { functions, options } = request;
      const preparation = { settings: settingsOf(request) };
      const how = { text, functions, options, preparation, idempotencyKey: key, callerLevel: level };
      return deps.regenerate({ owner, turnId, ...how });
    });
  }

  /** `files`: ids of attachments. Throws `not_last_turn` when another message has come since the chat was read. */
  async function start(
    request: HistoryRequest,
    { begun, files, chat, isFirst }: Begun & { files: readonly string[]; isFirst: boolean },
  ): Promise<StartedTurn> {
    const { owner, level } = request;
    const { chatId, known, plan } = await chatOf(request, chat);
    const key = begun.id;
    if (chatId !== begun.chatId) await keepRequestChat(pool, key, chatId);
    const replaced = replacedMessage(plan, known, files);
    if (plan.plan === 'again' && !replaced)
      return { chatId, turnId: (await replyAgain(request, { chatId, known }, plan, key)).turnId };
    if (replaced) await takeBack(owner, chatId, replaced);
    const after = replaced ? undefined : (known.at(-1)?.turnId ?? undefined);
    // The log of a chat whose follow-ups run grows all the time. Another try looks at the last turn alone.
    const asOf = isFirst && !replaced && chat?.id === chatId ? chat : undefined;
    const { turnId, userTurnSeq, started } = await deps.acceptTurn({
      owner,
      chatId,
      attachments: files,
      text: plan.plan === 'outputs' ? '' : (request.userTexts.at(-1) ?? ''),
      functions: request.functions,
      outputs: request.outputs,
      whenBusy: 'enqueue',
      whenFailed: 'fail',
      idempotencyKey: key,
      callerLevel: level,
      options: request.options,
      preparation: { after, asOf, settings: settingsOf(request) },
    });
    return { chatId, turnId, place: { chatId, after: userTurnSeq - 1, started } };
  }

  return async (request) => {
    mustFit(request.outputs);
    const { begun, chat: named } = await begin(request);
    let chat = named;
    const earlier = begun.repeats ? await findRequestTurn(pool, begun) : null;
    if (begun.chatId && earlier) return { chatId: begun.chatId, turnId: earlier };
    // Before a chat is made: an image may be refused.
    const files = await attachImages(deps, request.owner, request.images);
    for (let tries = 1; ; tries++) {
      try {
        return await start(request, { begun, files, chat, isFirst: tries === 1 });
      } catch (error) {
        if (!(error instanceof ChatRefused) || error.code !== 'not_last_turn' || tries === MAX_TRIES) throw error;
        chat = await findChat(request);
      }
    }
  };
}

type Begun = { begun: DialectRequest; chat: KnownChat | null };
type Again = Extract<HistoryPlan, { plan: 'again' }>;

/** Runs the work when no turn holds the floor. Throws `turn_in_progress` when one still does after `FLOOR_WAIT`. */
export async function whenFree<T>(
  deps: Pick<StartDeps, 'pool' | 'onTurnStatus' | 'closing'>,
  { owner, chatId }: { owner: string; chatId: string },
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + FLOOR_WAIT * 1_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const left = (deadline - Date.now()) / 1_000;
      if (!(error instanceof ChatRefused) || error.code !== 'turn_in_progress' || left <= 0) throw error;
      const chat = await readChat(deps.pool, owner, chatId);
      const turnId = chat?.activeTurnId ?? chat?.queue[0];
      if (turnId) await waitForTurnEnd(deps, { turnId, owner }, { seconds: left, signal: deps.closing });
      // The floor became free between the two looks.
      else await delay(TRY_AGAIN_MS);
      if (deps.closing.aborted) throw new Problem('not_ready', 'The api restarts', { 'Retry-After': '1' });
    }
  }
}
