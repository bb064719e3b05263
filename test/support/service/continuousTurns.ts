import { paced } from '../provider/scriptedReply.js';
import { type FollowingViewer, openFollowingViewer } from '../viewers/followingViewer.js';
import type { Service } from './service.js';

const words = 40;
const everyMs = 40;

/** A reply that names its request in each word, so that a text of two attempts is detected. It takes about 2 s. */
export const namedReply = ({ n }: { n: number }) =>
  paced([...Array.from({ length: words }, (_, i) => `w${n}.${i} `), 'end.'], { everyMs });

/** Whether a text is one whole `namedReply`. */
export function isNamedReply(text: string): boolean {
  const n = /^w(\d+)\./.exec(text)?.[1];
  return text === `${Array.from({ length: words }, (_, i) => `w${n}.${i} `).join('')}end.`;
}

export type ContinuousTurns = {
  /** The ids of the turns that the api has accepted so far, and of those whose end a viewer has seen. */
  accepted: Set<string>;
  ended: Set<string>;
  viewers: FollowingViewer[];
  /** Resolves once each chat has had this many more turns accepted than when it was called. */
  untilEachHasMore(turns: number): Promise<void>;
  stop(): void;
};

/** Posts one turn after the other in each chat, and watches it. A turn that does not end ends the chat's part. */
export function runContinuousTurns({ api, client }: Service, chatIds: string[]): ContinuousTurns {
  const viewers = chatIds.map((id) => openFollowingViewer(api, id));
  const [accepted, ended] = [new Set<string>(), new Set<string>()];
  const waiting = new Set<() => void>();
  const counts = chatIds.map(() => 0);
  let isOver = false;

  async function talk(viewer: FollowingViewer, chat: number): Promise<void> {
    for (let n = 0; !isOver; n++) {
      const { id } = await client.postTurn(viewer.chatId, `Line ${n}.`);
      accepted.add(id);
      counts[chat] = n + 1;
      for (const look of waiting) look();
      await viewer.untilEnd(id, 60_000);
      ended.add(id);
    }
  }
  // Once it is over, the service goes away under those that wait.
  const talking = viewers.map((viewer, chat) =>
    talk(viewer, chat).catch((error: unknown) => {
      if (!isOver) throw error;
    }),
  );
  const failed = Promise.all(talking).then(() => undefined);
  failed.catch(() => undefined);

  return {
    accepted,
    ended,
    viewers,
    async untilEachHasMore(turns) {
      const enough = counts.map((count) => count + turns);
      const reached = new Promise<void>((resolve) => {
        const look = () => {
          if (counts.every((count, chat) => count >= (enough[chat] ?? 0))) resolve();
        };
        waiting.add(look);
        look();
      });
      await Promise.race([reached, failed]);
    },
    stop() {
      isOver = true;
      for (const viewer of viewers) viewer.close();
    },
  };
}
