import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { breakResponse } from '../../http/breakResponse.js';
import { type Problem, problems } from '../../http/problem.js';
import { toProblem } from '../../http/toProblem.js';

/** An error as OpenAI's API answers it. */
export type OpenAiError = { message: string; type: string; param: string | null; code: string | null };

/** A refusal in the words of the dialect. */
export class OpenAiRefused extends Error {
  override readonly name = 'OpenAiRefused';
  constructor(
    readonly status: number,
    readonly error: OpenAiError,
    readonly headers: Record<string, string> = {},
  ) {
    super(error.message);
  }
}

export const invalidRequest = (message: string, param: string | null, code = 'invalid_value'): OpenAiRefused =>
  new OpenAiRefused(400, { message, type: 'invalid_request_error', param, code });

/** The refusal of a body, or of its part at `path`, that does not have the shape that is asked for. */
export function invalidShape({ issues }: z.ZodError, path: PropertyKey[] = []): OpenAiRefused {
  const [issue] = issues;
  if (!issue) return invalidRequest('The body is not valid', null);
  const { param, message, code } = told(issue, path);
  return invalidRequest(param ? `${param}: ${message}` : message, param, code);
}

/** What is wrong, with a code of OpenAI's API. Of the shapes that a field can have it is told of the one that fits furthest. */
function told(issue: z.core.$ZodIssue, path: PropertyKey[]): { param: string | null; message: string; code: string } {
  const own = [...path, ...issue.path];
  const param = own.join('.') || null;
  if (issue.code === 'invalid_union') {
    const firsts = issue.errors.flatMap(([first]) => (first ? [first] : []));
    const closest = firsts.toSorted((a, b) => b.path.length - a.path.length)[0];
    const isMissing =
      firsts.length > 0 && firsts.every(({ path, message }) => path.length === 0 && lacks.test(message));
    if (closest && (closest.path.length > 0 || isMissing)) return told(closest, own);
  }
  if (issue.code !== 'invalid_type') return { param, message: issue.message, code: 'invalid_value' };
  if (lacks.test(issue.message)) return { param, message: 'is missing', code: 'missing_required_parameter' };
  return { param, message: issue.message, code: 'invalid_type' };
}

/** How the message about a field that is not there ends. */
const lacks = /received undefined$/;

/** Names of the field that a detail such as `messages.0.role: must be …` begins with. */
const paramOf = (detail: string): string | null => /^([\w.[\]]+): /.exec(detail)?.[1] ?? null;

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** Seconds after which a place in the queue of a chat may be free. */
const QUEUE_RETRY = 5;

/**
 * The status and headers of a problem. Clients of other protocols repeat 409, 429 and 5xx: a conflict that stays is marked,
 * and a full queue is no conflict, because it empties.
 */
export function answerOf({ code, status, headers }: Problem): { status: number; headers: Record<string, string> } {
  if (code === 'queue_full') return { status: 429, headers: { 'Retry-After': String(QUEUE_RETRY), ...headers } };
  const stays = status === 409 && code !== 'turn_in_progress';
  return { status, headers: stays ? { 'x-should-retry': 'false', ...headers } : headers };
}

function toOpenAiRefused(error: unknown): OpenAiRefused {
  if (error instanceof OpenAiRefused) return error;
  const problem: Problem = toProblem(error);
  const { detail, code } = problem;
  const { status, headers } = answerOf(problem);
  const message = detail === problems[code].title ? detail : `${problems[code].title}: ${detail}`;
  return new OpenAiRefused(status, { message, type: typeOf(status), param: paramOf(detail), code }, headers);
}

export function sendOpenAiError(response: Response, { status, error, headers }: OpenAiRefused): void {
  response.status(status).set(headers).json({ error });
}

/** The error handler of the mount. Express recognises it by its four arguments. */
export function answerOpenAiError(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const refused = toOpenAiRefused(error);
    if (refused.status >= 500) {
      (request.log ?? log).warn({ err: error, method: request.method, code: refused.error.code }, 'a request failed');
    }
    if (response.headersSent) return breakResponse(response);
    sendOpenAiError(response, refused);
  };
}
