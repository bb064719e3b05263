import type { ServerResponse } from 'node:http';
import { closeCodes } from '../../domain/log/frames.js';
import { createPacedSink } from '../../viewers/sinks/pacedSink.js';
import type { EncodedFrame, Sink } from '../../viewers/sinks/sink.js';

/** Milliseconds between comments, which keep proxies from taking silence for the end. */
const keepAliveMs = 15_000;
/** A response that was ended is given so long to be taken before it is cut off. */
const lingerMs = 30_000;
/** Up to this size a frame and its dressing are copied into one write. */
const smallBytes = 16 * 1024;

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

export type EventStreamOptions = {
  wants?: (frame: EncodedFrame) => boolean;
  /** The frame after which the stream ends. */
  isLast?: (frame: EncodedFrame) => boolean;
};

/**
 * A viewer over server-sent events. Its head goes out with the first frame: until then a refusal can still be
 * answered as a problem.
 */
export function createEventStream(res: ServerResponse, options: EventStreamOptions = {}): Sink {
  const { wants = () => true, isLast = () => false } = options;
  const sink = createPacedSink({
    parts,
    write: (bytes, _last, done) => void res.write(bytes, done),
    pendingBytes: () => res.writableLength,
    close(code) {
      if (!isWhole(code)) return void res.destroy();
      res.end();
      const cut = setTimeout(() => res.destroy(), lingerMs);
      res.once('close', () => clearTimeout(cut));
    },
  });
  res.once('close', sink.ended);
  res.on('error', sink.ended);

  /** Many clients take an orderly end for the end of the turn, so a stream that is cut before its last frame breaks. */
  function isWhole(code: number): boolean {
    return options.isLast ? code === 1000 : code !== closeCodes.restarting;
  }

  function open() {
    openEventStream(res);
    const keepAlive = setInterval(() => {
      // Only between frames: a comment inside one would break it.
      if (sink.bufferedBytes() === 0 && !sink.closed) res.write(': keep-alive\n\n');
    }, keepAliveMs);
    sink.onClosed(() => clearInterval(keepAlive));
  }

  return {
    ...sink,
    get closed() {
      return sink.closed;
    },
    send(frame) {
      if (sink.closed) return;
      if (!res.headersSent) open();
      if (wants(frame)) sink.send(frame);
      if (isLast(frame)) sink.close(1000, 'the turn has ended');
    },
  };
}

/**
 * Sends the head and the pause before a reconnect. An `EventSource` keeps the last pause it was sent, so each stream
 * replaces a long one that it got while the service was away.
 */
export function openEventStream(res: ServerResponse, retryMs = usualRetryMs()): void {
  res.writeHead(200, headers);
  res.flushHeaders();
  res.write(`retry: ${Math.round(retryMs)}\n\n`);
}

/** Milliseconds, different for each stream, so that streams that break together do not all reconnect together. */
const usualRetryMs = () => 1_000 + Math.random() * 1_000;

const end = Buffer.from('\n\n');
const data = Buffer.from('data: ');

/** The JSON of a frame has no line breaks, so that it is one line of data. */
function parts({ bytes, type, seq }: EncodedFrame): Buffer[] {
  const start = type === 'event' ? Buffer.from(`id: ${seq}\ndata: `) : data;
  return bytes.length <= smallBytes ? [Buffer.concat([start, bytes, end])] : [start, bytes, end];
}
