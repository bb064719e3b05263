import type { ServerResponse } from 'node:http';
import type { Feeds, JoinOptions } from '../../viewers/gateway/feeds.js';
import type { EncodedFrame } from '../../viewers/sinks/sink.js';
import { createEventStream } from './eventStream.js';

export type StreamOptions = { owner: string; chatId: string; after: number };

/**
 * Streams a chat's frames as server-sent events. Resolves when the connection has closed, which stops no turn. Throws
 * `JoinRefused`, or an error of Postgres, only before anything is sent.
 */
export async function streamChat(feeds: Feeds, res: ServerResponse, options: StreamOptions): Promise<void> {
  const { chatId, ...viewer } = options;
  await watch(feeds, chatId, { ...viewer, sink: createEventStream(res) });
}

/** Streams the frames of one turn until it has ended. The turn may be queued. Otherwise as `streamChat`. */
export async function streamTurn(
  feeds: Feeds,
  res: ServerResponse,
  options: StreamOptions & { turnId: string },
): Promise<void> {
  const { chatId, turnId, ...viewer } = options;
  const wants = (frame: EncodedFrame) => frame.turnId === turnId;
  const isLast = (frame: EncodedFrame) => wants(frame) && frame.kind === 'turn_completed';
  await watch(feeds, chatId, { ...viewer, sink: createEventStream(res, { wants, isLast }), endsWithTurn: true });
}

async function watch(feeds: Feeds, chatId: string, viewer: JoinOptions): Promise<void> {
  await feeds.join(chatId, viewer);
  await new Promise<void>((resolve) => viewer.sink.onClosed(resolve));
}
