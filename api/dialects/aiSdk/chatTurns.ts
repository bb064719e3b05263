import { readHandedCalls } from '../../../db/agents/clientFunctions.js';
import { createChat } from '../../../db/chats/newChat.js';
import { findNamedChat, findOrMakeChat } from '../../../db/dialects/chatNames.js';
import { readTurnEnd } from '../../../db/dialects/responses.js';
import { findNamedTurn, readLastTurn } from '../../../db/dialects/turnNames.js';
import type { TurnRecord } from '../../../db/dialects/turnRecord.js';
import { readUserTexts } from '../../../db/dialects/userTexts.js';
import { readTurn } from '../../../db/turns/turnView.js';
import type { ClientFunctions, ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { Problem } from '../../http/problem.js';
import { attachImages } from '../core/images.js';
import { mustFit } from '../core/outputs.js';
import { type StartDeps, type StartedTurn, whenFree } from '../core/startTurn.js';
import type { UiRequest } from './uiRequest.js';

type Caller = { owner: string; level: number };
type Submit = Extract<UiRequest['asks'], { what: 'submit' }>;
/** `chatId`: the chat that the client names, where it was found before. */
type ChatRequest = Pick<UiRequest, 'clientId' | 'newChat' | 'functions'> & { chatId?: string | null };
type Again = { text?: string; functions?: ClientFunctions | undefined; record?: TurnRecord };
/** How the client names a run; left out where it names none. */
type RunName = { runId?: string };

/** Starts turns for a client that names its chats and its messages. */
export function createChatTurns(deps: StartDeps & { relays: boolean }, mount: string) {
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
  async function again(caller: Caller, chatId: string, turnId: string, more: Again): Promise<StartedTurn> {
    const { owner, level: callerLevel } = caller;
    const started = await whenFree(deps, { owner, chatId }, async () => {
      const end = await readTurnEnd(pool, turnId);
      if (end && !end.isLast) await deps.rewind({ owner, chatId, toSeq: { line: end.line }, interrupt: false });
      return deps.regenerate({ owner, turnId, ...more, callerLevel });
    });
    return { chatId, turnId: started.turnId };
  }

  async function regenerate(
    caller: Caller,
    { clientId, functions }: ChatRequest,
    messageId: string | null,
  ): Promise<StartedTurn> {
    const chatId = clientId && (await findChat(caller.owner, clientId));
    if (!chatId) throw new Problem('chat_not_found');
    const named = messageId && (await turnOf(caller.owner, chatId, messageId));
    const turnId = named || (await readLastTurn(pool, chatId));
    if (!turnId) throw new Problem('turn_not_found');
    return again(caller, chatId, turnId, { functions });
  }

  /** Whether a call waits for one of the outputs. A message also holds earlier ones. */
  async function isAwaited(chatId: string, outputs: readonly ClientOutput[]): Promise<boolean> {
    const ids = outputs.map(({ callId }) => callId);
    return (await readHandedCalls(pool, chatId, ids)).length > 0;
  }

  /**
   * The chat that the client names, or a new one: only then its fields count. Outputs alone need the chat whose calls they
   * are of.
   */
  async function chatFor({ owner }: Caller, { clientId, newChat, chatId }: ChatRequest, { text, outputs }: Submit) {
    const { limits } = deps;
    const known = chatId ?? (clientId === null ? null : await findChat(owner, clientId));
    if (known) return known;
    if (text === '') throw noCall(outputs);
    const fields = newChat();
    if (fields.kind === 'relay' && !deps.relays) throw new Problem('kind_not_available');
    if (clientId === null) return (await createChat(pool, owner, fields, limits)).id;
    return (await findOrMakeChat(pool, { owner, mount, clientId }, fields, { limits })).chatId;
  }

  /**
   * Takes an edited message back if it has files, or gets them: another turn takes its place. A version of a reply has the
   * files of the first one.
   */
  async function isReplaced(owner: string, chatId: string, turnId: string, files: readonly string[]): Promise<boolean> {
    return whenFree(deps, { owner, chatId }, async () => {
      const end = await readTurnEnd(pool, turnId);
      const message = (await readUserTexts(pool, chatId)).find(({ seq }) => seq === end?.line);
      if (!end || (files.length === 0 && !message?.attached)) return false;
      await deps.rewind({ owner, chatId, toSeq: { line: end.line - 1 }, interrupt: false });
      return true;
    });
  }

  async function submit(caller: Caller, request: ChatRequest & RunName, asks: Submit): Promise<StartedTurn> {
    const { owner, level: callerLevel } = caller;
    const { text, outputs } = asks;
    const { functions, runId } = request;
    mustFit(outputs);
    // Before a chat is made: an image may be refused.
    const attachments = await attachImages(deps, owner, asks.images);
    const chatId = await chatFor(caller, request, asks);
    const named = asks.edits && (await turnOf(owner, chatId, asks.edits));
    const isNew = named && text !== '' && (await isReplaced(owner, chatId, named, attachments));
    const edited = isNew ? null : named;
    if (text === '' && !edited && !(await isAwaited(chatId, outputs))) throw noCall(outputs);
    const record = recordOf({ message: asks.clientMessageId ?? asks.edits, run: runId });
    if (edited) return again(caller, chatId, edited, { functions, record, ...(text === '' ? {} : { text }) });
    const { turnId, userTurnSeq, started } = await deps.acceptTurn({
      owner,
      chatId,
      attachments,
      text,
      outputs,
      functions,
      whenBusy: 'enqueue',
      whenFailed: 'fail',
      callerLevel,
      record,
      // The key of the message that is edited stands for the turn that was taken back.
      ...(asks.clientMessageId && !isNew ? { idempotencyKey: `${mount}:${asks.clientMessageId}`.slice(0, 255) } : {}),
    });
    return { chatId, turnId, place: { chatId, after: userTurnSeq - 1, started } };
  }

  return { findChat, turnOf, regenerate, submit };
}

/** The client's names for a turn. */
function recordOf({ message, run }: { message: string | null; run: string | undefined }): TurnRecord {
  const names: TurnRecord['names'] = [
    ...(message ? [{ kind: 'message' as const, clientId: message }] : []),
    ...(run ? [{ kind: 'run' as const, clientId: run }] : []),
  ];
  return { names };
}

const noCall = (outputs: readonly ClientOutput[]) =>
  new Problem('invalid_body', `messages: no call waits for the output of ${outputs[0]?.callId.slice(0, 100)}`);
