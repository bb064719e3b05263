import type { ViewerFrame } from '../../domain/log/frames.js';

/** A frame made ready once for all its viewers. */
export type EncodedFrame = {
  /** The frame's JSON in UTF-8. */
  bytes: Buffer;
  type: ViewerFrame['type'];
  turnId: string | null;
  /** Of an `event` frame: its seq and its kind. */
  seq?: number;
  kind?: string;
};

/** Where a viewer's frames go: a socket, or a stream of server-sent events. */
export type Sink = {
  /** Takes every frame, at once; how much waits is `bufferedBytes`. */
  send(frame: EncodedFrame): void;
  /** What was taken and has not been handed to the network yet. */
  bufferedBytes(): number;
  /** Resolves once little enough is buffered to send more, or the sink has closed. */
  drained(): Promise<void>;
  readonly closed: boolean;
  /** Calls back once, when the viewer is gone, whoever ended it. */
  onClosed(listener: () => void): void;
  close(code: number, reason: string): void;
};

export function encodeFrame(frame: ViewerFrame): EncodedFrame {
  const bytes = Buffer.from(JSON.stringify(frame));
  if (frame.type === 'event') return { bytes, type: 'event', turnId: frame.turnId, seq: frame.seq, kind: frame.kind };
  return { bytes, type: frame.type, turnId: 'turnId' in frame ? frame.turnId : null };
}
