import { createChat } from '../../../db/chats/newChat.js';
import { findNamedChat, findOrMakeChat } from '../../../db/dialects/chatNames.js';
import { findNamedTurn, keepTurnName, readLastTurn, readTurnSeqs } from '../../../db/dialects/turnNames.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { Problem } from '../../http/problem.js';
import { attachImages } from '../core/images.js';
import { type StartDeps, type StartedTurn, whenFree } from '../core/startTurn.js';
import type { UiRequest } from './uiRequest.js';

type Caller = { owner: string; level: number };
type Submit = Extract<UiRequest['asks'], { what: 'submit' }>;

/** Starts turns for a client that names its chats and its messages. */
export function createChatTurns(deps: StartDeps, mount: string) {
  const { pool } = deps;

  const findChat = (owner: string, clientId: string) => findNamedChat(pool, { owner, mount, clientId });

  /** The turn of a message: of the user's by the client's name for it, of a reply by its own id. */
  async function turnOf(owner: string, chatId: string, messageId: string): Promise<string | null> {
    const named = await findNamedTurn(pool, { chatId, kind: 'message', clientId: messageId });
    if (named) return named;
    const view = await readTurn(pool, { owner, turnId: messageId.replace(/:.*$/, '') });
    return view?.chatId === chatId ? view.id : null;
  }

  /** Makes the reply of a turn again, after what followed it has left the timeline. */
  async function again(caller: Caller, chatId: string, turnId: string, text?: string): Promise<StartedTurn> {
    const { owner, level: callerLevel } = caller;
    const started = await whenFree(deps, { owner, chatId }, async () => {
      const seqs = await readTurnSeqs(pool, turnId);
      if (seqs?.next) await deps.rewind({ owner, chatId, toSeq: seqs.next - 1, interrupt: false });
      return deps.regenerate({ owner, turnId, text, callerLevel });
    });
    return { chatId, turnId: started.turnId };
  }

  async function regenerate(caller: Caller, clientId: string | null, messageId: string | null): Promise<StartedTurn> {
    const chatId = clientId && (await findChat(caller.owner, clientId));
    if (!chatId) throw new Problem('chat_not_found');
    const named = messageId && (await turnOf(caller.owner, chatId, messageId));
    const turnId = named || (await readLastTurn(pool, chatId));
    if (!turnId) throw new Problem('turn_not_found');
    return again(caller, chatId, turnId);
  }

  async function submit(caller: Caller, request: UiRequest, asks: Submit): Promise<StartedTurn> {
    const { owner, level: callerLevel } = caller;
    const { clientId, newChat } = request;
    const max = deps.limits.chats;
    // Before a chat is made: an image may be refused.
    const attachments = await attachImages(deps, owner, asks.edits ? [] : asks.images);
    const chatId =
      clientId === null
        ? (await createChat(pool, owner, newChat, max)).id
        : (await findOrMakeChat(pool, { owner, mount, clientId }, newChat, { max })).chatId;
    const edited = asks.edits && (await turnOf(owner, chatId, asks.edits));
    const started = edited
      ? await again(caller, chatId, edited, asks.text)
      : await deps.acceptTurn({
          owner,
          chatId,
          attachments,
          text: asks.text,
          whenBusy: 'enqueue',
          whenFailed: 'fail',
          callerLevel,
          ...(asks.clientMessageId ? { idempotencyKey: `${mount}:${asks.clientMessageId}`.slice(0, 255) } : {}),
        });
    const name = asks.clientMessageId ?? asks.edits;
    if (name) await keepTurnName(pool, { chatId, kind: 'message', clientId: name }, started.turnId);
    return { chatId, turnId: started.turnId };
  }

  return { findChat, regenerate, submit };
}
