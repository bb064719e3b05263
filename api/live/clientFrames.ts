import type { Logger } from 'pino';
import { clientFrame } from '../../domain/log/frames.js';
import { encodeFrame, type Sink } from '../../viewers/sinks/sink.js';
import { idForms } from '../http/ids.js';

/** More than this many frames in this time, and the client is sent away. */
const maxFrames = 200;
const withinMs = 10_000;

export type ClientFrames = {
  /** Null stands for a binary frame. */
  take(text: string | null, cancel: (turnId: string) => Promise<boolean>): Promise<void>;
};

export function createClientFrames(options: { sink: Sink; log: Pick<Logger, 'warn'> }): ClientFrames {
  let count = 0;
  let since = performance.now();
  const refuse = (code: string, message: string) => options.sink.send(encodeFrame({ type: 'error', code, message }));

  function isTooMany(): boolean {
    const now = performance.now();
    if (now - since > withinMs) {
      since = now;
      count = 0;
    }
    count += 1;
    return count > maxFrames;
  }

  return {
    async take(text, cancel) {
      if (options.sink.closed) return;
      if (isTooMany()) return options.sink.close(1008, 'too many frames');
      const parsed = clientFrame.safeParse(parseJson(text));
      if (!parsed.success) return refuse('invalid_frame', 'Send {"type":"cancel","turnId"} or {"type":"ping"}.');
      if (parsed.data.type === 'ping') return;
      try {
        const { turnId } = parsed.data;
        const found = idForms.turn.test(turnId) && (await cancel(turnId));
        if (!found) refuse('turn_not_found', 'This chat has no such turn.');
      } catch (error) {
        options.log.warn({ err: error }, 'a turn could not be cancelled');
        refuse('internal', 'The turn could not be cancelled; try again.');
      }
    },
  };
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it, as it does anything else that is not a frame
  }
}
