import { beginAt, type ConnectionInput, type ConnectionState, evolveConnection } from './connectionState.js';
import type { ViewerFrame } from './schema.js';
import type { Transport } from './transport.js';

export type FollowOptions = {
  /** The seq of the last event that is known already; 0 for the whole log. */
  after?: number;
  onFrame(frame: ViewerFrame): void;
  /** Called when the connection changes between its states; not for each event. */
  onState?(state: ConnectionState): void;
};

export type Following = {
  readonly state: ConnectionState;
  /**
   * Reconnects now where a reconnect is due later, and where nothing was received for 30 s: call it when the network
   * or the tab is back.
   */
  reconnect(): void;
  close(): void;
};

/** A connection on which nothing was received for so long may be dead without a close. Milliseconds. */
const doubtfulAfterMs = 30_000;

/**
 * Follows a chat until it is closed or refused: every event behind the cursor once and in order, and the frames of
 * replies in flight. A lost connection is opened again after a pause, from the last event.
 */
export function followChat(transport: Transport, chatId: string, options: FollowOptions): Following {
  let state = beginAt(options.after ?? 0);
  let disconnect: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let receivedAt = 0;

  function apply(input: ConnectionInput): void {
    const before = state;
    state = evolveConnection(before, input);
    if (state.name === before.name) return;
    options.onState?.(state);
    if (state.name === 'connecting') connect(state.cursor);
    if (state.name === 'waiting') timer = setTimeout(() => apply({ type: 'due' }), state.delayMs);
  }

  function connect(cursor: number): void {
    clearTimeout(timer);
    disconnect = transport(chatId, cursor, {
      frame(frame) {
        receivedAt = Date.now();
        if (frame.type === 'hello') apply({ type: 'hello' });
        if (frame.type === 'event') apply({ type: 'event', seq: frame.seq });
        options.onFrame(frame);
      },
      lost(closeCode) {
        disconnect = null;
        apply({ type: 'lost', closeCode, random: Math.random() });
      },
    });
  }

  options.onState?.(state);
  connect(state.cursor);
  return {
    get state() {
      return state;
    },
    reconnect() {
      if (state.name === 'waiting') return apply({ type: 'due' });
      if (state.name !== 'live' || Date.now() - receivedAt < doubtfulAfterMs) return;
      disconnect?.();
      apply({ type: 'lost', closeCode: 1006, random: 0 });
      apply({ type: 'due' });
    },
    close() {
      clearTimeout(timer);
      disconnect?.();
      apply({ type: 'close' });
    },
  };
}
