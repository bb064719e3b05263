import type { Request, Response } from 'express';
import { openEventStream } from './eventStream.js';
import type { Problem } from './problem.js';
import { wantsFrames } from './turnHeaders.js';

/** The streams that a browser follows with its own `EventSource`. */
const eventSourcePath = /^\/v1\/chats\/[^/]+\/events$/;
/** A client waits no longer than this, in seconds, whatever it is told: it keeps the pause for later breaks too. */
const longestRetry = 30;

/** Whether the request may be that of an `EventSource`. */
export function isEventSource(request: Request): boolean {
  return request.method === 'GET' && eventSourcePath.test(request.path) && wantsFrames(request);
}

/** Whether the same request may be answered later: what is wrong is neither the client's key nor its words. */
export const isPassing = ({ status }: Problem): boolean => status === 429 || status >= 500;

/**
 * Answers an `EventSource` that is refused for now. It gives up for ever at any status but 200, so that it gets one,
 * with the pause before it asks again, the reason as a comment, and an end. It asks again with the `Last-Event-ID`
 * that it has, since no event came.
 */
export function answerPassing(response: Response, problem: Problem): void {
  const seconds = Math.min(Number(problem.headers['Retry-After'] ?? 1), longestRetry);
  openEventStream(response, (seconds + Math.random()) * 1_000);
  response.end(`: ${problem.code}: ${problem.detail}\n\n`);
}

/**
 * Answers a turn that is accepted, and whose stream can't begin for now: it is opened and breaks. A refusal would
 * have the turn sent once more; the client has its address in `Location`.
 */
export function breakAccepted(response: Response): void {
  openEventStream(response);
  response.write(': the turn is accepted; its stream can not begin\n\n', () => response.destroy());
}
