import type { Logger } from 'pino';
import { clientFrame } from '../../domain/log/frames.js';
import { encodeFrame, type Sink } from '../../viewers/sinks/sink.js';
import { idForms } from '../http/ids.js';

/** A client that sends more frames than this in one window is disconnected. */
const maxFrames = 200;
const windowMs = 10_000;

/** Stops a turn of the viewer's chat. False when the chat has no such turn. */
type CancelTurn = (turnId: string) => Promise<boolean>;

export type ClientFrames = {
  /**
   * Handles one frame of the client; null stands for a binary frame. `cancel` is null when the client may only read. Never
   * rejects.
   */
  handle(text: string | null, cancel: CancelTurn | null): Promise<void>;
};

/** What a viewer sends over its socket. What is no valid frame is answered with an `error` frame. */
export function createClientFrames(options: { sink: Sink; log: Pick<Logger, 'warn'> }): ClientFrames {
  let count = 0;
  let since = performance.now();
  const refuse = (code: string, message: string) => options.sink.send(encodeFrame({ type: 'error', code, message }));

  function isTooMany(): boolean {
    const now = performance.now();
    if (now - since > windowMs) {
      since = now;
      count = 0;
    }
    count += 1;
    return count > maxFrames;
  }

  async function cancelTurn(turnId: string, cancel: CancelTurn | null) {
    if (!cancel) return refuse('insufficient_scope', 'The token permits only reading.');
    try {
      const found = idForms.turn.test(turnId) && (await cancel(turnId));
      if (!found) refuse('turn_not_found', 'This chat has no such turn.');
    } catch (error) {
      options.log.warn({ err: error }, 'could not cancel a turn');
      refuse('internal', 'The turn could not be cancelled; try again.');
    }
  }

  return {
    async handle(text, cancel) {
      if (options.sink.closed) return;
      if (isTooMany()) return options.sink.close(1008, 'too many frames');
      const parsed = clientFrame.safeParse(parseJson(text));
      if (!parsed.success) return refuse('invalid_frame', 'Send {"type":"cancel","turnId"} or {"type":"ping"}.');
      switch (parsed.data.type) {
        case 'ping':
          return;
        case 'cancel':
          return cancelTurn(parsed.data.turnId, cancel);
      }
    },
  };
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it, as anything else that is not a frame
  }
}
