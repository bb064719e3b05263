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

/** Whether the data are those of the last event, which some servers send in quotes or lower case. */
export const isDone = (data: string): boolean => data.length < 20 && /^"?\[done\]"?$/i.test(data.trim());

export type EventReaderOptions = {
  /** Called for each comment, which servers send to keep the connection open. */
  onComment?: () => void;
  /**
   * Whether a line that begins like a JSON object is an event of its own, as some servers send errors. So is one with data
   * whose field the standard does not know, for its case or for invisible characters before it.
   */
  bareJson?: boolean;
};

/** White space, null, the separator of JSON sequences, and a byte order mark. */
const invisible = new Set([' ', '\t', '\0', '\x1e', '\ufeff']);

/** The data of a line that is no field by the standard; null without any. */
function dataOfLine(line: string): string | null {
  let begin = 0;
  while (invisible.has(line.charAt(begin))) begin++;
  const text = line.slice(begin);
  if (text.startsWith('{')) return text;
  return /^data:/i.test(text) ? text.slice('data:'.length) : null;
}

export function createEventReader({ onComment, bareJson = false }: EventReaderOptions = {}): EventReader {
  const text = new TextDecoder();
  let events: SentEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ name: event ?? null, data }),
    // The standard says to ignore unknown fields. An event that is too large is an error.
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new TurnFailure('stream_broken');
      const data = bareJson && error.type === 'unknown-field' ? dataOfLine(error.line ?? '') : null;
      if (data !== null) events.push({ name: null, data });
    },
    ...(onComment ? { onComment } : {}),
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
