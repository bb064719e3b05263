import type { Response } from 'express';

/** Fires when the client's connection has closed, so that nobody waits for an answer that can't be sent. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  if (response.destroyed) gone.abort();
  return gone.signal;
}
