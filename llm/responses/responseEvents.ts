import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { toTokenUsage } from '../chatCompletions/completionUsage.js';
import { errorIn, errorOf } from '../chatCompletions/streamedErrors.js';
import { fromErrorObject } from '../errors/providerFailures.js';
import { countOf, type Fields, fieldsOf, isFields, listOf, textOf } from '../looseJson.js';
import type { FinishReason } from '../port.js';

/** The largest sequence number that Postgres stores. */
const MAX_SEQUENCE = 2 ** 31 - 1;

/** The most items of a response's output, and of the content of a message. */
export const MAX_ITEMS = 1_000;

export type ResponseStatus = 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'unfinished';

/** What is read of a response. */
export type ResponseObject = {
  /** Empty where the server sent none. */
  id: string;
  status: ResponseStatus;
  model: string;
  output: Fields[];
  usage: unknown;
  error: unknown;
  /** Why it is incomplete. */
  reason: string;
  /** All of its text, which some servers send in place of items. */
  outputText: string;
};

/** An event of a stream, read for what it holds. `fields` are those of the event itself. */
export type ResponseEvent = {
  type: string;
  /** Null where it has none that can be stored. */
  sequence: number | null;
  response: ResponseObject | null;
  fields: Fields;
};

/** Reads an event, whose name some servers send beside the data only. Throws the failure that an error means. */
export function toEvent(fields: Fields, name: string | null): ResponseEvent {
  const error = errorIn(fields);
  if (error) throw fromErrorObject(error);
  const sequence = countOf(fields.sequence_number);
  const isWhole = fields.object === 'response' && fields.response === undefined;
  const response = isWhole ? fields : fields.response;
  return {
    type: isWhole ? '' : textOf(fields.type) || (name ?? ''),
    sequence: sequence !== null && sequence <= MAX_SEQUENCE ? sequence : null,
    response: isFields(response) ? toResponse(response) : null,
    fields,
  };
}

/** Throws `provider_error` where the body is no response, and the failure of an error. */
export function parseResponse(body: string): ResponseObject {
  const json = parseBounded(body.trim());
  if (!isFields(json)) throw new TurnFailure('provider_error');
  if (json.object !== 'response') {
    const error = errorIn(json);
    if (error) throw fromErrorObject(error);
  }
  const response = toResponse(json);
  if (response.status === 'unfinished' && response.id === '') throw new TurnFailure('provider_error');
  return response;
}

const statuses: Record<string, ResponseStatus> = {
  completed: 'completed',
  incomplete: 'incomplete',
  failed: 'failed',
  cancelled: 'cancelled',
};

const statusOf = (word: unknown): ResponseStatus =>
  typeof word === 'string' && Object.hasOwn(statuses, word) ? (statuses[word] ?? 'unfinished') : 'unfinished';

const toResponse = (fields: Fields): ResponseObject => ({
  id: textOf(fields.id),
  // A response with output and without a status is a whole answer.
  status: fields.status === undefined && listOf(fields.output).length > 0 ? 'completed' : statusOf(fields.status),
  model: textOf(fields.model),
  output: listOf(fields.output).slice(0, MAX_ITEMS).filter(isFields),
  usage: fields.usage,
  error: fields.error,
  reason: textOf(fieldsOf(fields.incomplete_details).reason),
  outputText: textOf(fields.output_text),
});

const emptyResponse = toResponse({});

/** The ended response, if the event is its end, else null: the name of the event counts, else the response's own status. */
export function endedBy({ type, response }: ResponseEvent): ResponseObject | null {
  const word = /^response\.(completed|done|incomplete|failed|cancelled)$/.exec(type)?.[1];
  const named = statusOf(word === 'done' ? 'completed' : word);
  if (named !== 'unfinished') {
    const ended = response ?? emptyResponse;
    // A response may say more exactly than its event how it ended.
    return { ...ended, status: named === 'completed' && ended.status !== 'unfinished' ? ended.status : named };
  }
  return type === '' && response && response.status !== 'unfinished' ? response : null;
}

/** The texts of the parts of a message, also of a refusal. */
export const textsOf = (item: Fields): string[] =>
  typeof item.content === 'string'
    ? [item.content]
    : listOf(item.content)
        .slice(0, MAX_ITEMS)
        .map((part) => (typeof part === 'string' ? part : textOfPart(fieldsOf(part))));

export const textOfPart = ({ text, refusal }: Fields): string => textOf(text) || textOf(refusal);

export const isMessage = ({ type, role }: Fields): boolean => type === 'message' || (type === undefined && !!role);

/** All of a response's text. */
export const textOfResponse = ({ output, outputText }: ResponseObject): string =>
  output.filter(isMessage).flatMap(textsOf).join('') || outputText;

/** Throws the failure of a response that has failed or was cancelled. */
export function reasonOf({ status, error, reason }: ResponseObject, hasCalls: boolean): FinishReason {
  switch (status) {
    case 'failed':
      throw fromErrorObject(errorOf(error));
    case 'cancelled':
    case 'unfinished':
      throw new TurnFailure('provider_error');
    case 'incomplete':
      return reason === 'content_filter' ? 'content_filter' : 'length';
    case 'completed':
      return hasCalls ? 'tool_calls' : 'stop';
  }
}

export const usageOf = ({ usage }: ResponseObject, modelId: string): TokenUsage | null => toTokenUsage(usage, modelId);
