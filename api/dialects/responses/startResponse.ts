import type { Request, Response } from 'express';
import { readHandedCalls } from '../../../db/agents/clientFunctions.js';
import type { EarlierMessage } from '../../../db/chats/newChat.js';
import { ChatRefused } from '../../../db/core/refused.js';
import { beginRequest, findRequestTurn, keepRequestChat } from '../../../db/dialects/requests.js';
import { findResponse, type StoredResponse } from '../../../db/dialects/responses.js';
import { keepTurnRecord, type TurnRecord } from '../../../db/dialects/turnRecord.js';
import type { ReadChat } from '../../../db/turns/prepareTurn.js';
import { settingsOf } from '../core/followSettings.js';
import { attachFiles } from '../core/images.js';
import { invalidRequest } from '../core/openaiErrors.js';
import { findStrayOutput, mustFit } from '../core/outputs.js';
import { retriedRequest } from '../core/retriedRequest.js';
import type { StartedTurn } from '../core/startTurn.js';
import {
  type Continued,
  chatOf,
  MOUNT,
  notFound,
  type Previous,
  readPrevious,
  type StartResponseDeps,
} from './responseChat.js';
import type { ResponseFields } from './responseObject.js';
import { noCall, type ResponseRequest } from './responseRequest.js';

/** Requests that come after one response at the same time: each try takes another chat than the one before. */
const MAX_TRIES = 5;

/** The response of a request. `place` and `queued`: of a turn that this request has begun. */
export type BegunResponse = StoredResponse<ResponseFields> & { place?: StartedTurn['place']; queued?: boolean };

/** Starts the turn of a response, or finds that of the request which this one repeats. Throws `OpenAiRefused`. */
export async function startResponse(
  deps: StartResponseDeps,
  request: Request,
  response: Response,
  asked: ResponseRequest,
): Promise<BegunResponse> {
  const { pool } = deps;
  const { owner, level } = response.locals as { owner: string; level: number };
  const { fields, input, conversation } = asked;
  const named = { mount: MOUNT, clientId: conversation };
  const [begun, previous] = await Promise.all([
    beginRequest(pool, { ...retriedRequest(request, response, named), ...named }),
    readPrevious(deps, owner, asked),
  ]);
  // A conversation that the client named is the client's to delete.
  const deletesChat = !fields.store && conversation === null;
  const kept = { fields, input, deletesChat, createdAt: new Date() };
  const earlier = begun.repeats ? await findRequestTurn(pool, begun) : null;
  const found = begun.chatId && earlier ? { chatId: begun.chatId, turnId: earlier } : null;
  // An api of the release before keeps the response after its turn.
  if (found) await keepTurnRecord(pool, { owner, ...found }, { response: kept });
  const started =
    found ?? (await acceptResponse(deps, { owner, level, begun, previous, record: { response: kept } }, asked));
  if ('created' in started && started.created) return { ...started, ...kept };
  const stored = await findResponse<ResponseFields>(pool, { owner, turnId: started.turnId });
  if (!stored) throw notFound('The conversation was deleted.');
  return stored;
}

type Accepting = Continued & { level: number; record: TurnRecord };

/** Accepts the turn after the response that the request names; in a fork when another turn has come there meanwhile. */
async function acceptResponse(deps: StartResponseDeps, accepting: Accepting, asked: ResponseRequest) {
  mustFit(asked.said.outputs);
  const { owner, level: callerLevel, begun, previous, record } = accepting;
  // Before a chat is made: a file may be refused.
  const attachments = await attachFiles(deps, owner, asked.said.files);
  const how = { whenBusy: 'enqueue', whenFailed: 'fail', idempotencyKey: begun.id, callerLevel, record } as const;
  for (let tries = 1; ; tries++) {
    const chatId = (tries === 1 ? madeBefore(accepting, asked) : null) ?? (await chatOf(deps, accepting, asked));
    if (chatId !== begun.chatId) await keepRequestChat(deps.pool, begun.id, chatId);
    await mustBeCalled(deps, chatId, asked);
    try {
      const asOf = tries === 1 && chatId === begun.chatId ? (begun.chat ?? undefined) : undefined;
      const turn = await turnOf(deps, { chatId, previous, asOf }, asked);
      const { turnId, userTurnSeq, created, queued, started } = await deps.acceptTurn({
        ...turn,
        ...how,
        owner,
        chatId,
        attachments,
      });
      return { chatId, turnId, created, queued, place: { chatId, after: userTurnSeq - 1, started } };
    } catch (error) {
      if (!(error instanceof ChatRefused) || error.code !== 'not_last_turn' || tries === MAX_TRIES) throw error;
    }
  }
}

/** The chat that an earlier try of the request has made. */
const madeBefore = ({ begun: { repeats, chatId }, previous }: Accepting, { conversation }: ResponseRequest) =>
  repeats && conversation === null && chatId !== previous?.chatId ? chatId : null;

async function turnOf(
  deps: StartResponseDeps,
  { chatId, previous, asOf }: { chatId: string; previous: Previous | null; asOf: ReadChat | undefined },
  asked: ResponseRequest,
) {
  const { said, functions, fields, instructions } = asked;
  const { temperature, max_output_tokens: maxTokens, model } = fields;
  return {
    text: said.text ?? '',
    functions,
    outputs: said.outputs,
    options: { ...(temperature === null ? {} : { temperature }), ...(maxTokens === null ? {} : { maxTokens }) },
    preparation: {
      asOf,
      after: previous?.chatId === chatId ? previous.turnId : undefined,
      messages: await newMessages(deps, chatId, asked),
      settings: settingsOf({ model, instructions }),
    },
  };
}

/** The calls of the outputs are among the items, or wait in the chat. Throws `OpenAiRefused`. */
async function mustBeCalled({ pool }: StartResponseDeps, chatId: string, { said }: ResponseRequest): Promise<void> {
  const stray = await findStrayOutput(pool, chatId, said.strays);
  if (stray) throw invalidRequest(noCall(stray.callId), 'input');
}

/** The earlier messages without the calls that wait in the chat: some clients send the output of a response again. */
async function newMessages({ pool }: StartResponseDeps, chatId: string, { said }: ResponseRequest) {
  const ids = said.earlier.flatMap(({ calls = [] }) => calls.map(({ id }) => id));
  const handed = new Set((await readHandedCalls(pool, chatId, ids)).map(({ callId }) => callId));
  if (handed.size === 0) return said.earlier;
  return said.earlier.flatMap(({ calls = [], ...message }): EarlierMessage[] => {
    const left = calls.filter(({ id }) => !handed.has(id));
    if (left.length === calls.length) return calls.length > 0 ? [{ ...message, calls }] : [message];
    return left.length > 0 ? [{ ...message, calls: left }] : [];
  });
}
