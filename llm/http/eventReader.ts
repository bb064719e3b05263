import { createParser } from 'eventsource-parser';
import { TurnFailure } from '../../domain/log/failures.js';
import { MAX_FRAME } from '../replyLimits.js';

/** A server-sent event: its name, null where the server gave none, and its data. */
export type SentEvent = { name: string | null; data: string };

/** Turns the bytes of an event stream, split anywhere, into its events. Throws `stream_broken` for one without end. */
export type EventReader = {
  push(bytes: Uint8Array): SentEvent[];
  /** The events that are left at the end of the body: the last one may lack its blank line. */
  end(): SentEvent[];
};

export function createEventReader(): EventReader {
  const text = new TextDecoder();
  let events: SentEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ name: event ?? null, data }),
    // The standard says to ignore unknown fields. An event that is too large is an error.
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new TurnFailure('stream_broken');
    },
    maxBufferSize: MAX_FRAME,
  });
  const feed = (piece: string): SentEvent[] => {
    parser.feed(piece);
    const parsed = events;
    events = [];
    return parsed;
  };
  return {
    push: (bytes) => feed(text.decode(bytes, { stream: true })),
    end: () => feed(`${text.decode()}\n\n`),
  };
}
