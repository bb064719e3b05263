import type { ViewerFrame } from '../schema.js';

export type TransportHandlers = {
  frame(frame: ViewerFrame): void;
  /** Called once, with a WebSocket close code. */
  lost(closeCode: number): void;
};

/** Opens one connection to a chat, after the cursor. Returns a function that closes it without calling `lost`. */
export type Transport = (chatId: string, cursor: number, handlers: TransportHandlers) => () => void;

/** Close code of a connection that ended without one. */
export const abnormalClosure = 1006;
