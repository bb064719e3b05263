import type { ServerResponse } from 'node:http';
import { closeCodes } from '../../domain/log/frames.js';
import { createPacedSink } from '../../viewers/sinks/pacedSink.js';
import type { EncodedFrame, Sink } from '../../viewers/sinks/sink.js';

/** Milliseconds between comments, so that no proxy closes a silent stream. */
const keepAliveMs = 15_000;
/** Milliseconds that a client has to read the rest of a response that was ended, before the connection is cut. */
const lingerMs = 30_000;
/** A frame of at most this size is copied into one write with the field names around it. */
const smallBytes = 16 * 1024;

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

export type EventStreamOptions = {
  /** Which frames are sent; left out: all. */
  wants?: (frame: EncodedFrame) => boolean;
  /** The frame after which the stream ends; left out: none. */
  isLast?: (frame: EncodedFrame) => boolean;
};

/**
 * A viewer on server-sent events. The response's head is sent with the first frame: until then a refusal can be
 * answered as a problem.
 */
export function createEventStream(res: ServerResponse, options: EventStreamOptions = {}): Sink {
  const { wants = () => true, isLast = () => false } = options;
  const sink = createPacedSink({
    parts,
    write: (bytes, _last, done) => void res.write(bytes, done),
    pendingBytes: () => res.writableLength,
    close(code) {
      if (!endsInOrder(code)) return void res.destroy();
      res.end();
      const cut = setTimeout(() => res.destroy(), lingerMs);
      res.once('close', () => clearTimeout(cut));
    },
  });
  res.once('close', sink.ended);
  res.on('error', sink.ended);

  /** Many clients treat an orderly end as the end of the turn, so that a stream without its last frame must break. */
  function endsInOrder(code: number): boolean {
    return options.isLast ? code === 1000 : code !== closeCodes.restarting;
  }

  function open() {
    openEventStream(res);
    const keepAlive = setInterval(() => {
      // Only between frames: a comment within a frame would corrupt it.
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
 * Sends the head, and the delay before a reconnect in milliseconds. An `EventSource` keeps the last delay that it was
 * sent, so that each stream replaces a long one from a time when the service was away.
 */
export function openEventStream(res: ServerResponse, retryMs = randomRetryMs()): void {
  res.writeHead(200, headers);
  res.flushHeaders();
  res.write(`retry: ${Math.round(retryMs)}\n\n`);
}

/** With jitter, so that streams that break together do not reconnect together. */
const randomRetryMs = () => 1_000 + Math.random() * 1_000;

const end = Buffer.from('\n\n');
const data = Buffer.from('data: ');

/** The JSON of a frame has no line breaks: it is one `data:` line. */
function parts({ bytes, type, seq }: EncodedFrame): Buffer[] {
  const start = type === 'event' ? Buffer.from(`id: ${seq}\ndata: `) : data;
  return bytes.length <= smallBytes ? [Buffer.concat([start, bytes, end])] : [start, bytes, end];
}
