import type { ViewerFrame } from './schema.js';

export type TransportHandlers = {
  frame(frame: ViewerFrame): void;
  /** Called once, with a WebSocket close code. */
  lost(closeCode: number): void;
};

/** Opens one connection to a chat, behind the cursor. The function that it returns ends the connection silently. */
export type Transport = (chatId: string, cursor: number, handlers: TransportHandlers) => () => void;

/** Close code of a connection that ended without one. */
export const abnormalClosure = 1006;
