import { get } from 'node:http';
import { createParser } from 'eventsource-parser';
import type { ViewerFrame } from '../../../domain/log/frames.js';

/** As the standard names them. */
export const readyStates = { connecting: 0, open: 1, closed: 2 } as const;

/**
 * A client that does what a browser's `EventSource` does: by the standard, and nothing better. It does not use the
 * client package, which reconnects by rules of its own.
 */
export type TestEventSource = {
  /** Every frame of every connection, in order. */
  frames: ViewerFrame[];
  /** The status of each answer, in order. */
  statuses: number[];
  comments: string[];
  readyState(): number;
  /** The pause before the next connection that it was told last, in milliseconds. */
  retryMs(): number;
  until(what: string, holds: () => boolean, withinMs?: number): Promise<void>;
  close(): void;
};

/**
 * Connects again after each end of a 200, with the `Last-Event-ID` that it has and after the pause that it was told;
 * gives up for ever at any other status.
 */
export function openEventSource(url: string, headers: Record<string, string> = {}): TestEventSource {
  const frames: ViewerFrame[] = [];
  const statuses: number[] = [];
  const comments: string[] = [];
  const looks = new Set<() => void>();
  let readyState: number = readyStates.connecting;
  let retryMs = 3_000;
  let lastEventId = '';
  let timer: NodeJS.Timeout | undefined;
  let leave = () => {};

  const look = () => {
    for (const each of looks) each();
  };
  const become = (state: number) => {
    if (readyState !== readyStates.closed) readyState = state;
    look();
  };

  function lost() {
    if (readyState === readyStates.closed) return;
    become(readyStates.connecting);
    clearTimeout(timer);
    timer = setTimeout(dial, retryMs);
  }

  function dial() {
    const parser = createParser({
      onEvent: ({ data, id }) => {
        if (id !== undefined) lastEventId = id;
        frames.push(JSON.parse(data));
        look();
      },
      onRetry: (ms) => {
        retryMs = ms;
      },
      onComment: (comment) => {
        comments.push(comment.trim());
        look();
      },
    });
    const resuming = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
    const request = get(url, { headers: { ...headers, accept: 'text/event-stream', ...resuming } }, (answer) => {
      statuses.push(answer.statusCode ?? 0);
      become(answer.statusCode === 200 ? readyStates.open : readyStates.closed);
      answer.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
      answer.on('error', () => undefined);
      answer.on('close', lost);
    });
    request.on('error', lost);
    leave = () => request.destroy();
  }

  dial();
  return {
    frames,
    statuses,
    comments,
    readyState: () => readyState,
    retryMs: () => retryMs,
    until(what, holds, withinMs = 20_000) {
      return new Promise((resolve, reject) => {
        const settle = (then: () => void) => {
          clearTimeout(late);
          looks.delete(check);
          then();
        };
        const check = () => holds() && settle(resolve);
        const says = () => `no ${what} within ${withinMs} ms; statuses ${statuses}, ${frames.length} frames`;
        const late = setTimeout(() => settle(() => reject(new Error(says()))), withinMs);
        looks.add(check);
        check();
      });
    },
    close() {
      readyState = readyStates.closed;
      clearTimeout(timer);
      leave();
    },
  };
}
