import type { ViewerFrame } from '../../domain/log/frames.js';

/** A frame that is encoded once for all its viewers. */
export type EncodedFrame = {
  /** The frame's JSON in UTF-8. */
  bytes: Buffer;
  type: ViewerFrame['type'];
  turnId: string | null;
  /** Only of an `event` frame. */
  seq?: number;
  kind?: string;
  /** Of the draft that the event ends; 0 or left out where it ends none, or the draft is no longer stored. */
  epoch?: number;
};

/** Where a viewer's frames go: a socket, or a stream of server-sent events. */
export type Sink = {
  /** Buffers without bound and never waits. See `bufferedBytes` and `drained`. */
  send(frame: EncodedFrame): void;
  /** Called when the viewer has all that was there when it joined, and each time it has caught up again. */
  caughtUp?(): void;
  /** Bytes that were sent and not handed to the network yet. */
  bufferedBytes(): number;
  /** Resolves once little is buffered, or the sink is closed. */
  drained(): Promise<void>;
  readonly closed: boolean;
  /** Calls back once, when either end has closed; at once if that has happened already. */
  onClosed(listener: () => void): void;
  close(code: number, reason: string): void;
};

export function encodeFrame(frame: ViewerFrame): EncodedFrame {
  const bytes = Buffer.from(JSON.stringify(frame));
  switch (frame.type) {
    case 'event':
      return { bytes, type: frame.type, turnId: frame.turnId, seq: frame.seq, kind: frame.kind };
    case 'hello':
    case 'error':
      return { bytes, type: frame.type, turnId: null };
    case 'draft':
    case 'token':
    case 'restart':
    case 'status':
    case 'step':
    case 'heartbeat':
    case 'meta':
      return { bytes, type: frame.type, turnId: frame.turnId };
  }
}
