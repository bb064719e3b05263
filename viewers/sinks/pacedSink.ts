import type { EncodedFrame, Sink } from './sink.js';

/** The connection behind a paced sink. */
export type Transport<Frame = EncodedFrame> = {
  /** The bytes of a frame, in parts that are written one after another. */
  parts(frame: Frame): Buffer[];
  /** Hands bytes to the network. `last`: they end the frame. `done` is called when the network has taken them. */
  write(bytes: Buffer, last: boolean, done: () => void): void;
  /** Bytes that were written and that the network has not taken yet. */
  pendingBytes(): number;
  close(code: number, reason: string): void;
};

export type PacedSink<Frame = EncodedFrame> = Omit<Sink, 'send'> & {
  send(frame: Frame): void;
  /** The transport calls it when the connection has closed. */
  ended(): void;
};

/** The most bytes in one write. */
const pieceBytes = 64 * 1024;
/**
 * Nothing more is written while the network has this much to take. So progress is visible within a long frame, and its
 * bytes are not copied into the network's buffers at once.
 */
const windowBytes = 128 * 1024;
/** With at most this much buffered, a sink counts as drained. */
const drainedBytes = 32 * 1024;

/**
 * Sends large frames in pieces, as fast as the viewer takes them. The pieces are views of the frame's bytes, so that a
 * long frame is in memory once, however many viewers it has.
 */
export function createPacedSink<Frame = EncodedFrame>(transport: Transport<Frame>): PacedSink<Frame> {
  let queue: { bytes: Buffer; last: boolean }[] = [];
  let queuedBytes = 0;
  let closed = false;
  let drainWaiters: (() => void)[] = [];
  let closeListeners: (() => void)[] = [];

  const bufferedBytes = () => queuedBytes + transport.pendingBytes();

  /** Writes queued bytes as far as the window allows. Called again each time the network has taken some. */
  function pump() {
    while (queue.length > 0 && !closed && transport.pendingBytes() < windowBytes) {
      const next = queue[0]!;
      const piece = next.bytes.subarray(0, pieceBytes);
      next.bytes = next.bytes.subarray(piece.length);
      queuedBytes -= piece.length;
      const whole = next.bytes.length === 0;
      if (whole) queue.shift();
      transport.write(piece, whole && next.last, pump);
    }
    if (closed || bufferedBytes() <= drainedBytes) resolveDrained();
  }

  function resolveDrained() {
    const waiters = drainWaiters;
    drainWaiters = [];
    for (const resolve of waiters) resolve();
  }

  function ended() {
    if (closed) return;
    closed = true;
    queue = [];
    queuedBytes = 0;
    resolveDrained();
    const listeners = closeListeners;
    closeListeners = [];
    for (const listener of listeners) listener();
  }

  return {
    get closed() {
      return closed;
    },
    send(frame) {
      if (closed) return;
      const parts = transport.parts(frame);
      for (let i = 0; i < parts.length; i++) {
        const bytes = parts[i]!;
        const last = i === parts.length - 1;
        if (queue.length === 0 && bytes.length <= pieceBytes) {
          transport.write(bytes, last, pump);
        } else {
          queue.push({ bytes, last });
          queuedBytes += bytes.length;
        }
      }
      if (queue.length > 0) pump();
    },
    bufferedBytes,
    drained() {
      if (closed || bufferedBytes() <= drainedBytes) return Promise.resolve();
      return new Promise((resolve) => drainWaiters.push(resolve));
    },
    onClosed(listener) {
      if (closed) listener();
      else closeListeners.push(listener);
    },
    close(code, reason) {
      if (closed) return;
      transport.close(code, reason);
      ended();
    },
    ended,
  };
}
