import { setTimeout as delay } from 'node:timers/promises';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import { type TestViewer, watchEvents, watchSocket } from '../../../test/support/viewers/viewer.js';

export type ChaosViewer = {
  chatId: string;
  over: 'socket' | 'events';
  cursor(): number;
  connections(): number;
  /** What broke the contract, each with the last frames before it. */
  violations: string[];
  restarts(): number;
  /** Beats whose text was compared with what the viewer had on screen. */
  compared(): number;
  close(): Promise<void>;
};

export type Seen = (frame: ViewerFrame, chatId: string) => void;
type Target = { base: string; chatId: string; over: 'socket' | 'events' };

const refusedForGood = new Set([4400, 4401, 4404, 400, 401, 404]);
const pauseMs = { least: 50, most: 1_000 };
const keep = 40;

/** A viewer as a good client is: it folds frames, keeps its cursor, and connects again with it for as long as it lives. */
export function keepWatching({ base, chatId, over }: Target, seen: Seen): ChaosViewer {
  const violations: string[] = [];
  const watch = over === 'socket' ? watchSocket : watchEvents;
  let cursor = 0;
  let connections = 0;
  let restarts = 0;
  let compared = 0;
  let closed = false;
  let current: TestViewer | null = null;

  function onFrame(viewer: () => TestViewer | null) {
    let before = 0;
    return (frame: ViewerFrame) => {
      if (frame.type === 'restart') restarts += 1;
      if (frame.type === 'event' && frame.kind === 'assistant_turn') compared += 1;
      if (frame.type === 'error') violations.push(`error frame ${frame.code}`);
      const now = viewer()?.violations ?? [];
      for (const what of now.slice(before)) violations.push(`${what}; last frames ${lastOf(viewer())}`);
      before = now.length;
      seen(frame, chatId);
    };
  }

  async function run(): Promise<void> {
    for (let failures = 0; !closed; ) {
      connections += 1;
      let connected = false;
      let viewer: TestViewer | null = null;
      const checked = onFrame(() => viewer);
      viewer = watch(base, chatId, {
        after: cursor,
        keep,
        onFrame: (frame) => {
          connected = true;
          checked(frame);
        },
      });
      current = viewer;
      const { code } = await viewer.closed;
      viewer.close();
      cursor = viewer.cursor();
      if (refusedForGood.has(code) && !closed) {
        violations.push(`closed with ${code}`);
        return;
      }
      failures = connected ? 0 : failures + 1;
      if (!closed) await delay(Math.min(pauseMs.least * 2 ** failures, pauseMs.most));
    }
  }

  const running = run().catch((error: unknown) => void violations.push(`the viewer failed: ${String(error)}`));
  return {
    chatId,
    over,
    cursor: () => Math.max(cursor, current?.cursor() ?? 0),
    connections: () => connections,
    violations,
    restarts: () => restarts,
    compared: () => compared,
    async close() {
      closed = true;
      current?.close();
      await Promise.race([running, delay(2_000)]);
    },
  };
}

const lastOf = (viewer: TestViewer | null) => JSON.stringify(viewer?.frames.slice(-6)).slice(0, 1_500);
