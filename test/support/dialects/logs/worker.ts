import type { AgentStep } from '../../../../domain/log/events.js';
import type { Channel } from '../../../../domain/log/frames.js';
import type { TurnEnd, WaitingCall } from '../../../../domain/marks/mark.js';
import type { FeedEvent } from '../../../../viewers/gateway/landingFrames.js';
import type { WireStep, WireToken } from '../../../../viewers/wire/wire.js';

const chatId = 'chat_1';
export const turnId = 'turn_1';

/** What happens in a turn, in order, as a gateway gets it. */
export type Happening =
  | { type: 'token'; token: WireToken }
  | { type: 'step'; step: WireStep }
  | { type: 'event'; entry: FeedEvent }
  /** Tool calls wait for a person. */
  | { type: 'waits'; calls: readonly WaitingCall[] };

export type Draft = { beat: number; epoch: number; speakerId: string };

/** The first events of the log belong to the chat and to the user's message. */
const FIRST_SEQ = 3;
const at = '2026-01-01T00:00:00.000Z';

/** Writes what a worker sends and what lands in the log. */
export function createWorker() {
  const happenings: Happening[] = [];
  let seq = FIRST_SEQ;

  const where = ({ beat, epoch }: Draft) => ({
    chatId,
    turnId,
    beat,
    fence: epoch,
    epoch,
    reason: 'worker_lost' as const,
  });

  function event(kind: string, data: object, epoch: number) {
    const event = { seq: seq++, kind, turnId, at, data } as unknown as FeedEvent['event'];
    happenings.push({ type: 'event', entry: { event, epoch } });
  }

  return {
    happenings,
    token(draft: Draft, channel: Channel, offset: number, text: string) {
      if (text === '') return;
      const { speakerId } = draft;
      happenings.push({ type: 'token', token: { ...where(draft), speakerId, channel, offset, text } });
    },
    step(draft: Draft, step: AgentStep, offset: number | null) {
      happenings.push({ type: 'step', step: { ...where(draft), offset, step } });
    },
    waits(calls: readonly WaitingCall[]) {
      happenings.push({ type: 'waits', calls });
    },
    lands({ beat, epoch, speakerId }: Draft, reply: { text: string; truncated: boolean } & Record<string, unknown>) {
      event('assistant_turn', { speakerId, beat, userTurnSeq: 2, model: 'm', ...reply }, epoch);
    },
    ends(end: TurnEnd) {
      event('turn_completed', { status: end.status }, 0);
    },
  };
}
export type Worker = ReturnType<typeof createWorker>;
