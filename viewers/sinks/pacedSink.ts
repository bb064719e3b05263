import type { EncodedFrame, Sink } from './sink.js';

/** What a transport does for a paced sink. */
export type Transport = {
  /** The bytes of a frame, as parts that are sent one after another. */
  parts(frame: EncodedFrame): Buffer[];
  /** Hands bytes to the network; `last` says that they end the frame. `done` is called when they are gone. */
  write(bytes: Buffer, last: boolean, done: () => void): void;
  /** What was written and is not gone yet. */
  pendingBytes(): number;
  close(code: number, reason: string): void;
};

export type PacedSink = Sink & {
  /** The transport says that the viewer is gone. */
  ended(): void;
};

const pieceBytes = 64 * 1024;
/** No more than this is handed on before some of it is gone: progress shows, and what is long holds no memory but its own. */
const windowBytes = 128 * 1024;
const drainedBytes = 32 * 1024;

/**
 * Sends large frames in pieces, as fast as the viewer takes them. The pieces are views of the frame's own
 * bytes, so a long frame costs its memory once, however many viewers it has.
 */
export function createPacedSink(transport: Transport): PacedSink {
  let waiting: { bytes: Buffer; last: boolean }[] = [];
  let waitingBytes = 0;
  let closed = false;
  let release: (() => void)[] = [];
  let onClosed: (() => void)[] = [];

  const bufferedBytes = () => waitingBytes + transport.pendingBytes();

  function moved() {
    while (waiting.length > 0 && !closed && transport.pendingBytes() < windowBytes) {
      const next = waiting[0]!;
      const piece = next.bytes.subarray(0, pieceBytes);
      next.bytes = next.bytes.subarray(piece.length);
      waitingBytes -= piece.length;
      const whole = next.bytes.length === 0;
      if (whole) waiting.shift();
      transport.write(piece, whole && next.last, moved);
    }
    if (closed || bufferedBytes() <= drainedBytes) releaseAll();
  }

  function releaseAll() {
    const waiters = release;
    release = [];
    for (const waiter of waiters) waiter();
  }

  function ended() {
    if (closed) return;
    closed = true;
    waiting = [];
    waitingBytes = 0;
    releaseAll();
    const listeners = onClosed;
    onClosed = [];
    for (const listener of listeners) listener();
  }

  return {
    get closed() {
      return closed;
    },
    send(frame) {
      if (closed) return;
      const parts = transport.parts(frame);
      parts.forEach((bytes, i) => {
        const last = i === parts.length - 1;
        if (waiting.length === 0 && bytes.length <= pieceBytes) {
          transport.write(bytes, last, moved);
        } else {
          waiting.push({ bytes, last });
          waitingBytes += bytes.length;
        }
      });
      if (waiting.length > 0) moved();
    },
    bufferedBytes,
    drained() {
      if (closed || bufferedBytes() <= drainedBytes) return Promise.resolve();
      return new Promise((resolve) => release.push(resolve));
    },
    onClosed(listener) {
      if (closed) listener();
      else onClosed.push(listener);
    },
    close(code, reason) {
      if (closed) return;
      transport.close(code, reason);
      ended();
    },
    ended,
  };
}
