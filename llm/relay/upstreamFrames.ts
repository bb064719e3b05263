import { createParser } from 'eventsource-parser';
import { TurnFailure } from '../../domain/log/failures.js';
import { MAX_FRAME } from '../replyLimits.js';

/** An event of a server-sent stream: its name, which most have none of, and its data. */
export type UpstreamEvent = { name: string | null; data: string };

/** Turns the bytes of a server-sent event stream, cut anywhere, into its events; comments are signs of life too. */
export function createUpstreamFrames() {
  const text = new TextDecoder();
  let events: UpstreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ name: event ?? null, data }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new TurnFailure('stream_broken');
    },
    maxBufferSize: MAX_FRAME,
  });
  const feed = (piece: string): UpstreamEvent[] => {
    parser.feed(piece);
    const taken = events;
    events = [];
    return taken;
  };
  return {
    push: (bytes: Uint8Array) => feed(text.decode(bytes, { stream: true })),
    /** A last frame may lack its blank line. */
    end: () => feed(`${text.decode()}\n\n`),
  };
}
