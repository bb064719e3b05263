import { WebSocket } from 'ws';
import { createClient } from '../../../client/src/index.js';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import { type CheckedFollowing, followChecked } from '../../../test/support/viewers/followChecked.js';

export type ChaosViewer = CheckedFollowing & {
  chatId: string;
  over: 'socket' | 'events';
  restarts(): number;
  /** Beats whose text was compared with what the viewer had on screen. */
  compared(): number;
};

export type Seen = (frame: ViewerFrame, chatId: string) => void;
type Target = { base: string; chatId: string; over: 'socket' | 'events' };

const keep = 6;

/** A viewer on the client package; what breaks the contract is kept with the last frames before it. */
export function keepWatching({ base, chatId, over }: Target, seen: Seen): ChaosViewer {
  const client = createClient({ baseUrl: base, WebSocket: over === 'socket' ? WebSocket : null });
  const last: ViewerFrame[] = [];
  let described = 0;
  let restarts = 0;
  let compared = 0;

  const following = followChecked(client, chatId, (frame) => {
    last.push(frame);
    if (last.length > keep) last.shift();
    if (frame.type === 'restart') restarts += 1;
    if (frame.type === 'event' && frame.kind === 'assistant_turn') compared += 1;
    const { violations } = following;
    for (; described < violations.length; described += 1) {
      violations[described] += `; last frames ${JSON.stringify(last).slice(0, 1_500)}`;
    }
    seen(frame, chatId);
  });
  return { ...following, chatId, over, restarts: () => restarts, compared: () => compared };
}
