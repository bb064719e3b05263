import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, type Client, type NewTurn } from '../../../client/src/index.js';
import type { ChatKind, WhenBusy } from '../../../domain/turns/turn.js';
import type { SeededRandom } from '../seededRandom.js';
import type { Book } from './book.js';

/** Long enough for anything that recovers. A chat whose turn takes longer is left to be judged at the end. */
const patienceMs = 90_000;
const againMs = { least: 100, most: 1_000 };

export type Speaker = { client: Client; book: Book; dice: SeededRandom; signal: AbortSignal };
export type Chat = { id: string; kind: ChatKind };

let keys = 0;

/**
 * Posts under one idempotency key until the turn is accepted. Returns null when the run is over before an answer came.
 * Repeats the post itself: the package would abort a post that is in flight, and the book would miss its turn.
 */
export async function post(
  { client, book, signal }: Pick<Speaker, 'client' | 'book' | 'signal'>,
  chat: Chat,
  turn: NewTurn,
): Promise<string | null> {
  const idempotencyKey = `chaos-${keys++}`;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const { id: turnId } = await client.postTurn(chat.id, turn, { idempotencyKey, attempts: 1 });
      book.accept({ turnId, chatId: chat.id, kind: chat.kind }, idempotencyKey);
      return turnId;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) {
        book.complaints.push(`POST turn was answered ${error.status} ${error.code}`);
        return null;
      }
      // Whether the turn was accepted is not known; the key makes it safe to post again.
    }
    await pause(Math.min(againMs.least * 2 ** tries, againMs.most), signal);
  }
  return null;
}

/** Says one thing after the other in a chat, some of it before the answer is there. Ends when a turn does not. */
export async function speak(speaker: Speaker, chat: Chat): Promise<'over' | 'waits too long'> {
  const { book, dice, signal } = speaker;
  for (let n = 0; !signal.aborted; n++) {
    const posted = [await post(speaker, chat, { text: `Line ${n}.` })];
    const whenBusy = secondOf(dice);
    if (whenBusy && posted[0]) {
      await pause(dice.between(50, 1_500), signal);
      posted.push(await post(speaker, chat, { text: `And line ${n}.`, whenBusy }));
    }
    for (const turnId of posted) {
      if (turnId && !(await book.untilEnded(turnId, patienceMs, signal)))
        return signal.aborted ? 'over' : 'waits too long';
    }
    await pause(dice.between(0, 300), signal);
  }
  return 'over';
}

function secondOf(dice: SeededRandom): WhenBusy | null {
  const share = dice.share();
  if (share < 0.12) return 'enqueue';
  return share < 0.2 ? 'interrupt' : null;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
