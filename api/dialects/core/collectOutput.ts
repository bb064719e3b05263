import type { Response } from 'express';
import type { Mark } from '../../../domain/marks/mark.js';
import { leaveIntake } from '../../limits/fairIntake.js';
import type { MarkOutput } from './followTurn.js';

/**
 * Collects the marks for an answer that is not streamed. It closes at the end, with the connection, or where the api
 * restarts: then `ended` is false.
 */
export function createCollectOutput(
  response: Response,
): MarkOutput & { readonly marks: Mark[]; readonly ended: boolean } {
  leaveIntake(response);
  const marks: Mark[] = [];
  let closed = false;
  let ended = false;
  let listeners: (() => void)[] = [];

  function close() {
    if (closed) return;
    closed = true;
    for (const listener of listeners) listener();
    listeners = [];
  }
  response.once('close', close);

  return {
    marks,
    get ended() {
      return ended;
    },
    get closed() {
      return closed;
    },
    bufferedBytes: () => 0,
    drained: () => Promise.resolve(),
    onClosed(listener) {
      if (closed) listener();
      else listeners.push(listener);
    },
    close,
    send: (found) => void marks.push(...found),
    end() {
      ended = true;
      close();
    },
  };
}
