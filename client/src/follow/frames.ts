import { FollowError } from '../errors.js';
import type { ViewerFrame } from '../schema.js';
import { type Following, followChat } from './followChat.js';
import type { Transport } from './transport.js';

export type FramesOptions = {
  /** The seq of the last known event; 0 for the whole log. */
  after?: number;
  signal?: AbortSignal;
};

/** Frames buffered for a slow reader. Beyond this the connection is closed until the reader has read them. */
const maxWaiting = 10_000;

/**
 * The frames of a chat as an async iterable that reconnects. It ends when `signal` aborts, and throws `FollowError`
 * when the service refuses. A slow reader gets every event, and the text of drafts in larger pieces.
 */
export async function* chatFrames(
  transport: Transport,
  chatId: string,
  { after = 0, signal }: FramesOptions = {},
): AsyncGenerator<ViewerFrame, void, undefined> {
  let waiting: ViewerFrame[] = [];
  let cursor = after;
  let following: Following | null = null;
  let wake: () => void = () => undefined;
  const notify = () => wake();

  function open(): void {
    following = followChat(transport, chatId, {
      after: cursor,
      onState: notify,
      onFrame(frame) {
        waiting.push(frame);
        if (waiting.length > maxWaiting) following?.close();
        notify();
      },
    });
  }

  signal?.addEventListener('abort', notify);
  try {
    open();
    while (!signal?.aborted) {
      const frames = waiting;
      waiting = [];
      for (const frame of frames) {
        if (signal?.aborted) return;
        if (frame.type === 'event') cursor = frame.seq;
        yield frame;
      }
      const state = (following as Following | null)?.state;
      if (waiting.length > 0) continue;
      if (state?.name === 'refused') throw new FollowError(state.code, state.closeCode);
      if (state?.name === 'closed') open();
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || signal?.aborted) resolve();
      });
    }
  } finally {
    signal?.removeEventListener('abort', notify);
    (following as Following | null)?.close();
  }
}
