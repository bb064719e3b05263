import type { WebSocket } from 'ws';
import { createPacedSink } from './pacedSink.js';
import type { Sink } from './sink.js';

/** A viewer on a WebSocket. Each frame is one text message; a large one is sent as several fragments. */
export function createSocketSink(socket: WebSocket): Sink {
  const sink = createPacedSink({
    parts: (frame) => [frame.bytes],
    write: (bytes, fin, done) => {
      if (socket.readyState === socket.OPEN) socket.send(bytes, { binary: false, fin }, done);
    },
    pendingBytes: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
  });
  socket.on('close', sink.ended);
  return sink;
}
