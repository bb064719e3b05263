import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { isHtml } from '../errors/errorBody.js';
import { fromErrorObject, notAnApi } from '../errors/providerFailures.js';
import { type Fields, fieldsOf, listOf, textOf } from '../looseJson.js';
import { jsonAnswer } from './answerText.js';
import { toTokenUsage } from './completionUsage.js';
import { finishReasonOf } from './finishReasons.js';
import { joined, piecesOf } from './messagePieces.js';
import { errorIn } from './streamedErrors.js';

type Asked = { model: string; contentType: string | null };

/**
 * The content of a complete answer: its JSON, where the model put words or a fence around it. Throws the failure that any
 * other answer means.
 */
export function parseCompletion(body: string, asked: Asked): { content: string; usage: TokenUsage | null } {
  const json = parseJson(body, asked.contentType);
  const fields = fieldsOf(json);
  const choice = fieldsOf(listOf(fields.choices)[0]);
  const error = errorIn(fields) ?? errorIn(choice);
  if (error) throw fromErrorObject(error);
  if (!('choices' in fields)) throw notAnApi(OK);
  const usage = toTokenUsage(fields.usage, textOf(fields.model) || asked.model);
  const message = fieldsOf(choice.message);
  const reason = finishReasonOf(choice.finish_reason);
  if (textOf(message.refusal) !== '') throw new TurnFailure('provider_refused', { usage });
  if (reason === 'content_filter') throw new TurnFailure('content_filter', { usage });
  if (reason === 'broken') throw new TurnFailure('provider_error', { usage });
  return { content: contentOf(message, usage), usage };
}

/** Servers that separate the thinking may take all of the answer for it. */
function contentOf(message: Fields, usage: TokenUsage | null): string {
  const pieces = piecesOf(message);
  const [content, thinking] = [joined(pieces, 'text'), joined(pieces, 'thinking')];
  const answer = jsonAnswer(content) ?? (content.trim() === '' ? jsonAnswer(thinking) : content);
  if (answer !== null && answer !== '') return answer;
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
