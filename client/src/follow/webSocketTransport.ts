import { keyOf, type RequestSettings } from '../requests/request.js';
import { abnormalClosure, type Transport } from './transport.js';

type SocketEvent = { data?: unknown; code?: number };
/** A method type, so that the event types of browsers and of the package `ws` are both assignable. */
type Handler<Event> = { handle(event: Event): void }['handle'];
/** The part of a WebSocket that is used. Browsers, Node 22 and the package `ws` provide it. */
export type WebSocketLike = {
  onmessage: Handler<SocketEvent> | null;
  onclose: Handler<SocketEvent> | null;
  onerror: Handler<unknown> | null;
  close(): void;
};
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** Follows a chat over its live socket. The key is a subprotocol, because browsers can not send headers. */
export function webSocketTransport(
  settings: Pick<RequestSettings, 'baseUrl' | 'key'>,
  WebSocket: WebSocketConstructor,
): Transport {
  const base = settings.baseUrl.replace(/^http/, 'ws').replace(/\/+$/, '');
  return (chatId, cursor, { frame, lost }) => {
    const key = keyOf(settings);
    const protocols = ['durable-turns.v1', ...(key === null ? [] : [`bearer.${key}`])];
    const socket = new WebSocket(`${base}/v1/chats/${encodeURIComponent(chatId)}/live?after=${cursor}`, protocols);
    let open = true;
    socket.onmessage = ({ data }) => open && frame(JSON.parse(String(data)));
    // 'close' follows, and carries the code.
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => {
      if (!open) return;
      open = false;
      lost(code ?? abnormalClosure);
    };
    return () => {
      open = false;
      socket.close();
    };
  };
}
