import { setTimeout as delay } from 'node:timers/promises';
import type { AttachmentLimits } from '../../../db/attachments/attachments.js';
import { readChat } from '../../../db/chats/chats.js';
import { createChat, type NewChat } from '../../../db/chats/newChat.js';
import type { Limits } from '../../../db/chats/ownerLimits.js';
import type { Pool } from '../../../db/core/pool.js';
import { ChatRefused } from '../../../db/core/refused.js';
import { findNamedChat, findOrMakeChat } from '../../../db/dialects/chatNames.js';
import { beginRequest, findRequestTurn, keepRequestChat } from '../../../db/dialects/requests.js';
import { readUserTexts, type UserText } from '../../../db/dialects/userTexts.js';
import { type HistoryPlan, planHistory } from '../../../domain/dialects/history.js';
import type { TurnOptions } from '../../../domain/turns/turnOptions.js';
import { Problem } from '../../http/problem.js';
import type { Regenerate } from '../../timeline/regenerate.js';
import type { Rewind } from '../../timeline/rewind.js';
import type { AcceptTurn } from '../../turns/acceptTurn.js';
import { type OnTurnStatus, waitForTurnEnd } from '../../turns/turnEnd.js';
import { followSettings } from './followSettings.js';
import { attachImages } from './images.js';

/** Milliseconds before another try where no turn can be waited for. */
const TRY_AGAIN_MS = 100;
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
export type HistoryRequest = {
  owner: string;
  level: number;
  mount: string;
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
  /** The texts of the user's messages, at least one. */
  userTexts: readonly string[];
  /** sha256 of the request, and whether the client says that it has sent it before. */
  hash: string;
  repeats: boolean;
};

export type StartedTurn = { chatId: string; turnId: string };

/**
 * Finds out what a request with a whole history means, and starts its turn. A turn that runs makes it wait: a new message in
 * the chat's queue, a change of an earlier one for the floor. A repeated request gets the turn of the first.
 */
export function createStartTurn(deps: StartDeps): (request: HistoryRequest) => Promise<StartedTurn> {
  const { pool } = deps;

  async function chatOf(request: HistoryRequest): Promise<{ chatId: string; known: UserText[]; plan: HistoryPlan }> {
    const { owner, mount, clientId, newChat, userTexts } = request;
    const name = clientId === null ? null : { owner, mount, clientId };
    const max = deps.limits.chats;
    const found = name && (await findNamedChat(pool, name));
    const known = found ? await readUserTexts(pool, found) : [];
    const plan = planHistory(
      known.map(({ text }) => text),
      userTexts,
    );
    if (found && isPossible(plan, known)) {
      await followSettings(pool, { owner, chatId: found }, request);
      return { chatId: found, known, plan };
    }
    const fresh: HistoryPlan = { plan: 'turn', text: userTexts.at(-1) ?? '' };
    if (!name) return { chatId: (await createChat(pool, owner, newChat, max)).id, known: [], plan: fresh };
    const isFit = (chatId: string) => chatId !== found;
    const { chatId } = await findOrMakeChat(pool, name, newChat, { max, isFit });
    return { chatId, known: [], plan: fresh };
  }

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
      if (next) await deps.rewind({ owner, chatId: chat.chatId, toSeq: next.seq - 1, interrupt: false });
      const text = plan.text ?? undefined;
      return deps.regenerate({ owner, turnId, text, idempotencyKey: key, callerLevel: level });
    });
  }

  return async (request) => {
    const { owner, level } = request;
    const begun = await beginRequest(pool, request);
    const earlier = begun.chatId && (await findRequestTurn(pool, { id: begun.id, chatId: begun.chatId }));
    if (begun.chatId && earlier) return { chatId: begun.chatId, turnId: earlier };
    // Before a chat is made: an image may be refused.
    const attachments = await attachImages(deps, owner, request.images);
    const { chatId, known, plan } = await chatOf(request);
    await keepRequestChat(pool, begun.id, chatId);
    if (plan.plan === 'again')
      return { chatId, turnId: (await replyAgain(request, { chatId, known }, plan, begun.id)).turnId };
    const { turnId } = await deps.acceptTurn({
      owner,
      chatId,
      attachments,
      text: plan.plan === 'turn' ? plan.text : '',
      whenBusy: 'enqueue',
      whenFailed: 'fail',
      idempotencyKey: begun.id,
      callerLevel: level,
      options: request.options,
    });
    return { chatId, turnId };
  };
}

/** A reply that was made elsewhere can not be made again. */
const isPossible = (plan: HistoryPlan, known: readonly UserText[]): boolean =>
  plan.plan === 'turn' || (plan.plan === 'again' && known[plan.index]?.turnId !== null);

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
