import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { isHtml } from '../errors/errorBody.js';
import { fromErrorObject, notAnApi } from '../errors/providerFailures.js';
import { fieldsOf, listOf, textOf } from '../looseJson.js';
import { jsonAnswer } from './answerText.js';
import { toTokenUsage } from './completionUsage.js';
import { finishReasonOf } from './finishReasons.js';
import { joined, piecesOf } from './messagePieces.js';
import { type Answer, isStreamed, readStreamedAnswer } from './streamedAnswer.js';
import { errorIn } from './streamedErrors.js';

type Asked = { model: string; contentType: string | null };

/**
 * The content of a complete answer: its JSON, where the model put words or a fence around it. Throws the failure that any
 * other answer means.
 */
export function parseCompletion(body: string, asked: Asked): { content: string; usage: TokenUsage | null } {
  const answer = isStreamed(body) ? readStreamedAnswer(body, asked.model) : readAnswer(body, asked);
  if (answer.reason === 'content_filter') throw new TurnFailure('content_filter', { usage: answer.usage });
  return { content: contentOf(answer), usage: answer.usage };
}

function readAnswer(body: string, asked: Asked): Answer {
  const fields = fieldsOf(parseJson(body, asked.contentType));
  const choice = fieldsOf(listOf(fields.choices)[0]);
  const error = errorIn(fields) ?? errorIn(choice);
  if (error) throw fromErrorObject(error);
  if (!('choices' in fields)) throw notAnApi(OK);
  const usage = toTokenUsage(fields.usage, textOf(fields.model) || asked.model);
  const message = fieldsOf(choice.message);
  const reason = finishReasonOf(choice.finish_reason);
  if (textOf(message.refusal) !== '') throw new TurnFailure('provider_refused', { usage });
  if (reason === 'broken') throw new TurnFailure('provider_error', { usage });
  const pieces = piecesOf(message);
  return { text: joined(pieces, 'text'), thinking: joined(pieces, 'thinking'), reason, usage };
}

/** Servers that separate the thinking may take all of the answer for it. */
function contentOf({ text, thinking, usage }: Answer): string {
  const answer = jsonAnswer(text) ?? (text.trim() === '' ? jsonAnswer(thinking) : text);
  if (answer !== null) return answer;
  throw new TurnFailure(thinking.trim() === '' ? 'empty_reply' : 'thought_only', { usage });
}

const OK = 200;

/** Invalid JSON with the type of JSON was cut off. A page or any other text is no answer of such an API. */
function parseJson(body: string, contentType: string | null): unknown {
  const json = parseBounded(body);
  if (json !== undefined) return json;
  const claimsJson = /json/i.test(contentType ?? 'json') && !isHtml(body, contentType);
  throw claimsJson || body === '' ? new TurnFailure('provider_error') : notAnApi(OK);
}
