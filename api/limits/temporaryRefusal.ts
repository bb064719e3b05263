import type { Request, Response } from 'express';
import type { Problem } from '../http/problem.js';
import { openEventStream } from '../live/eventStream.js';
import { wantsFrames } from '../turns/turnHeaders.js';

/** The streams that a browser follows with `EventSource`. */
const eventSourcePath = /^\/v1\/chats\/[^/]+\/events$/;
/** The longest pause that is sent, in seconds: an `EventSource` also uses it for later reconnects. */
const longestRetry = 30;

/** Whether an `EventSource` may have sent the request. */
export function isEventSource(request: Request): boolean {
  return request.method === 'GET' && eventSourcePath.test(request.baseUrl + request.path) && wantsFrames(request);
}

/** Whether the same request may succeed later: 429 and 5xx. */
export const isTemporary = ({ status }: Problem): boolean => status === 429 || status >= 500;

/**
 * Answers an `EventSource` with a temporary refusal: status 200, the pause before the reconnect, the reason as a comment,
 * and the end. After any other status it would never reconnect. Its `Last-Event-ID` stays, because no event was sent.
 */
export function answerTemporaryRefusal(response: Response, problem: Problem): void {
  const seconds = Math.min(Number(problem.headers['Retry-After'] ?? 1), longestRetry);
  response.set(problem.headers);
  openEventStream(response, (seconds + Math.random()) * 1_000);
  response.end(`: ${problem.code}: ${problem.detail}\n\n`);
}

/**
 * Answers a request whose turn is accepted but whose stream can't begin: opens the stream and breaks it. The client finds
 * the turn in `Location`; after a refusal it would post the turn again.
 */
export function breakAcceptedStream(response: Response): void {
  openEventStream(response);
  response.write(': the turn is accepted; its stream can not begin\n\n', () => response.destroy());
}
