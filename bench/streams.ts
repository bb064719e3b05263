import type { ViewerFrame } from '../client/src/index.js';
import { now } from './clock.js';
import { endsTurn, postTurn, type Subject, watch } from './subject.js';

/** A stream as its viewer saw it: when each token came, and when the provider had sent it. */
export type SeenStream = {
  chatId: string;
  turnId: string;
  postedAt: number;
  answeredAt: number;
  tokens: { sentAt: number; cameAt: number }[];
};

/** A chat with one viewer, ready for a turn. */
export type Seat = { chatId: string; run(): Promise<SeenStream>; leave(): void };

/** A turn may take this long, in milliseconds: the follow-ups of five hundred turns wait for each other. */
const turnPatienceMs = 300_000;

export async function takeSeat(subject: Subject, chatId?: string): Promise<Seat> {
  const chat = chatId ?? (await subject.newChat());
  let take: (frame: ViewerFrame) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const watcher = await watch(subject, chat, { take: (frame) => take(frame), fail: (error) => fail(error) });

  const run = () =>
    new Promise<SeenStream>((resolve, reject) => {
      const late = setTimeout(() => fail(new Error(`a turn of the ${subject.name} did not end`)), turnPatienceMs);
      fail = (error) => {
        clearTimeout(late);
        reject(error);
      };
      const seen: SeenStream = { chatId: chat, turnId: '', postedAt: 0, answeredAt: 0, tokens: [] };
      const stamps = createStampReader();
      let ended = false;
      const done = () => {
        if (!ended || !seen.answeredAt) return;
        clearTimeout(late);
        resolve(seen);
      };
      take = (frame) => {
        if (frame.type === 'token' && frame.text) {
          const cameAt = now();
          for (const sentAt of stamps(frame.text)) seen.tokens.push({ sentAt, cameAt });
        }
        ended ||= endsTurn(frame);
        done();
      };
      seen.postedAt = now();
      postTurn(subject, chat).then((turnId) => {
        Object.assign(seen, { turnId, answeredAt: now() });
        done();
      }, fail);
    });
  return { chatId: chat, run, leave: watcher.close };
}

/** Finds the times in pieces of a text of stamped tokens, also where a piece ends within one. */
export function createStampReader(): (piece: string) => number[] {
  let rest = '';
  return (piece) => {
    const text = rest + piece;
    const end = text.lastIndexOf('>') + 1;
    rest = text.slice(end);
    return [...text.slice(0, end).matchAll(/<(\d+\.\d+)>/g)].map(([, at]) => Number(at));
  };
}

/** Takes seats a few at a time: this is not what is measured. */
export async function takeSeats(subject: Subject, count: number): Promise<Seat[]> {
  const seats: Seat[] = [];
  while (seats.length < count) {
    const batch = Math.min(10, count - seats.length);
    seats.push(...(await Promise.all(Array.from({ length: batch }, () => takeSeat(subject)))));
  }
  return seats;
}
