import type { WebSocket } from 'ws';

/** Closes a WebSocket and waits for the other end to agree, but not for long. */
export function closeSocket(socket: WebSocket, code: number, withinMs = 1_000): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve();
    const timer = setTimeout(() => socket.terminate(), withinMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    if (socket.readyState === socket.CONNECTING) socket.terminate();
    else socket.close(code);
  });
}
