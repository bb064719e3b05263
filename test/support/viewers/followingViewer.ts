import { WebSocket } from 'ws';
import { createClient, type Drafts, draftKey, evolveDrafts } from '../../../client/src/index.js';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import { type CheckedFollowing, followChecked } from './followChecked.js';

export type FollowingViewer = CheckedFollowing & {
  chatId: string;
  /** Every frame of every connection, in order of arrival. */
  frames: ViewerFrame[];
  /** The beat's text as a page shows it: that of its `assistant_turn` once it is there, until then that of its draft. */
  text(turnId: string, beat?: number): string;
  /** Resolves once the condition holds; it is checked after each frame. Rejects after the bound. */
  until(what: string, holds: () => boolean, timeoutMs?: number): Promise<void>;
  untilText(turnId: string, length: number, timeoutMs?: number): Promise<void>;
  untilEnd(turnId: string, timeoutMs?: number): Promise<void>;
};

/**
 * A viewer on the client package: it follows a chat over its live socket, connects again whenever the connection is
 * lost, and folds the frames into texts. Each frame is checked against the contract.
 */
export function openFollowingViewer(api: string, chatId: string): FollowingViewer {
  const frames: ViewerFrame[] = [];
  const landed = new Map<string, string>();
  const ended = new Set<string>();
  const waiting = new Set<() => void>();
  let drafts: Drafts = new Map();

  const following = followChecked(createClient({ baseUrl: api, WebSocket }), chatId, (frame) => {
    frames.push(frame);
    drafts = evolveDrafts(drafts, frame);
    if (frame.type === 'event' && frame.turnId !== null) {
      if (frame.kind === 'assistant_turn') landed.set(draftKey(frame.turnId, frame.data.beat), frame.data.text);
      if (frame.kind === 'turn_completed') ended.add(frame.turnId);
    }
    for (const look of waiting) look();
  });

  function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds()) return;
        settle();
        resolve();
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`no ${what} within ${timeoutMs} ms; ${describe()}`));
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  }

  const describe = () =>
    `connections ${following.connections()}, cursor ${following.cursor()}, frames ${frames.length}, last ${JSON.stringify(frames.at(-1))?.slice(0, 300)}`;
  const text = (turnId: string, beat = 0) => {
    const key = draftKey(turnId, beat);
    return landed.get(key) ?? drafts.get(key)?.text ?? '';
  };

  return {
    ...following,
    chatId,
    frames,
    text,
    until,
    untilText: (turnId, length, timeoutMs) =>
      until(`text of ${length} characters`, () => text(turnId).length >= length, timeoutMs),
    untilEnd: (turnId, timeoutMs) => until(`end of ${turnId}`, () => ended.has(turnId), timeoutMs),
  };
}
