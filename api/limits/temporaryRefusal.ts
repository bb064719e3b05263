import type { Request, Response } from 'express';
import type { Problem } from '../http/problem.js';
import { openEventStream } from '../live/eventStream.js';
import { wantsFrames } from '../turns/turnHeaders.js';

/** The streams that a browser follows with its own `EventSource`. */
const eventSourcePath = /^\/v1\/chats\/[^/]+\/events$/;
/** The longest pause that is sent, in seconds: an `EventSource` keeps it for later reconnects too. */
const longestRetry = 30;

/** Whether the request may be that of an `EventSource`. */
export function isEventSource(request: Request): boolean {
  return request.method === 'GET' && eventSourcePath.test(request.path) && wantsFrames(request);
}

/** Whether the same request may succeed later. */
export const isTemporary = ({ status }: Problem): boolean => status === 429 || status >= 500;

/**
 * Answers an `EventSource` that is refused for now: 200, the pause before its reconnect, the reason as a comment, and
 * an end. At any other status it would never reconnect. Its `Last-Event-ID` stays, since no event was sent.
 */
export function answerTemporaryRefusal(response: Response, problem: Problem): void {
  const seconds = Math.min(Number(problem.headers['Retry-After'] ?? 1), longestRetry);
  openEventStream(response, (seconds + Math.random()) * 1_000);
  response.end(`: ${problem.code}: ${problem.detail}\n\n`);
}

/**
 * Answers a turn that is accepted but whose stream can't begin: opens the stream and breaks it. After a refusal the
 * client would post the turn again; so it finds the turn's address in `Location`.
 */
export function breakAcceptedStream(response: Response): void {
  openEventStream(response);
  response.write(': the turn is accepted; its stream can not begin\n\n', () => response.destroy());
}
