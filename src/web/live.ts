import type { ViewerFrame } from '../domain/frames.js';
import { apiKey } from './api.js';
import { reconnectMs } from './backoff.js';

/** Connected; about to be, again; or gone for good, in words that say why. */
export type Connection = { state: 'connecting' | 'open' | 'lost' } | { state: 'refused'; why: string };

export type Following = {
  /** The network or the person is back: tries at once where it waits, and anew where nothing was heard for long. */
  hurry(): void;
  leave(): void;
};

const final: Record<number, string> = {
  4400: 'This chat is shorter than it was. Reload the page.',
  4401: 'The key was refused.',
  4404: 'This chat is no more.',
};

/** A connection that was silent for so long may have died without a word: its network slept, or changed. */
const doubtfulMs = 30_000;

/**
 * Follows a chat over its live socket. A lost connection is made anew from the last seq that was seen, so that
 * nothing is missed or shown twice.
 */
export function followChat(
  chatId: string,
  options: { after: number; onFrame(frame: ViewerFrame): void; onConnection(connection: Connection): void },
): Following {
  let { after } = options;
  let tries = 0;
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let heardAt = 0;
  let left = false;

  function connect() {
    clearTimeout(timer);
    options.onConnection({ state: tries === 0 ? 'connecting' : 'lost' });
    const url = new URL(`/v1/chats/${chatId}/live?after=${after}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const opened = new WebSocket(url, ['durable-turns.v1', ...(apiKey.value ? [`bearer.${apiKey.value}`] : [])]);
    socket = opened;
    opened.onmessage = ({ data }) => {
      if (socket !== opened) return;
      const frame = JSON.parse(data) as ViewerFrame;
      heardAt = performance.now();
      if (frame.type === 'hello') {
        tries = 0;
        options.onConnection({ state: 'open' });
      }
      if (frame.type === 'event') after = frame.seq;
      options.onFrame(frame);
    };
    opened.onclose = ({ code }) => socket === opened && lost(code);
  }

  function lost(code: number) {
    clearTimeout(timer);
    socket = undefined;
    if (left) return;
    const why = final[code];
    if (why) return options.onConnection({ state: 'refused', why });
    options.onConnection({ state: 'lost' });
    timer = setTimeout(connect, reconnectMs(code, tries));
    tries += 1;
  }

  connect();
  return {
    hurry() {
      if (left || (socket && performance.now() - heardAt < doubtfulMs)) return;
      const doubtful = socket;
      socket = undefined;
      doubtful?.close();
      connect();
    },
    leave() {
      left = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
