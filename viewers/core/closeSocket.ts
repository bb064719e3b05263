import type { WebSocket } from 'ws';

/** Closes a WebSocket. Resolves when the other end has answered; without an answer the connection is cut. */
export function closeSocket(socket: WebSocket, code: number, timeoutMs = 1_000): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve();
    const timer = setTimeout(() => socket.terminate(), timeoutMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    if (socket.readyState === socket.CONNECTING) socket.terminate();
    else socket.close(code);
  });
}
