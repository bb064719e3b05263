import type { ViewerFrame } from '../schema.js';
import { beginAt, type ConnectionInput, type ConnectionState, evolveConnection } from './connectionState.js';
import type { Transport } from './transport.js';

export type FollowOptions = {
  /** The seq of the last known event; 0 for the whole log. */
  after?: number;
  onFrame(frame: ViewerFrame): void;
  /** Called when the connection enters another state, not for each event. */
  onState?(state: ConnectionState): void;
};

export type Following = {
  readonly state: ConnectionState;
  /**
   * Reconnects immediately if the connection is lost, or if nothing was received for 30 s. Call it when the network
   * or the tab is back.
   */
  reconnect(): void;
  close(): void;
};

/** After this silence, in milliseconds, a connection may be dead although it was not closed. */
const doubtfulAfterMs = 30_000;

/**
 * Follows a chat until `close` is called or the service refuses. Delivers each event after the cursor once, in order,
 * and the frames of replies in flight. Reconnects after a pause, from the last event.
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
