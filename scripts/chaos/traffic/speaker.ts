import { setTimeout as delay } from 'node:timers/promises';
import type { ChatKind, WhenBusy } from '../../../domain/turns/turn.js';
import type { PostTurn, ServiceClient } from '../../../test/support/viewers/client.js';
import type { SeededRandom } from '../seededRandom.js';
import type { Book } from './book.js';

/** Long enough for anything that recovers. A chat whose turn takes longer is left to be judged at the end. */
const patienceMs = 90_000;
const againMs = { least: 100, most: 1_000 };

export type Speaker = { client: ServiceClient; book: Book; dice: SeededRandom; signal: AbortSignal };
export type Chat = { id: string; kind: ChatKind };

let keys = 0;

/**
 * Posts until the turn is accepted, with one key, as a client that was cut off does. Null when the run is over
 * before an answer came.
 */
export async function post(
  { client, book, signal }: Pick<Speaker, 'client' | 'book' | 'signal'>,
  chat: Chat,
  text: string,
  how: PostTurn = {},
): Promise<string | null> {
  const key = `chaos-${keys++}`;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const answer = await client.sendTurn(chat.id, text, { ...how, idempotencyKey: key });
      if (answer.status === 202 || answer.status === 200) {
        const { id: turnId } = answer.body.turn;
        book.accept({ turnId, chatId: chat.id, kind: chat.kind }, key);
        return turnId;
      }
      if (answer.status < 500) {
        book.complaints.push(`POST turn was answered ${answer.status} ${answer.body.code}`);
        return null;
      }
    } catch {
      // The connection was cut: whether the turn was accepted is not known, and the key makes asking again safe.
    }
    await pause(Math.min(againMs.least * 2 ** tries, againMs.most), signal);
  }
  return null;
}

/** Says one thing after the other in a chat, some of it before the answer is there. Ends when a turn does not. */
export async function speak(speaker: Speaker, chat: Chat): Promise<'over' | 'waits too long'> {
  const { book, dice, signal } = speaker;
  for (let n = 0; !signal.aborted; n++) {
    const posted = [await post(speaker, chat, `Line ${n}.`)];
    const whenBusy = secondOf(dice);
    if (whenBusy && posted[0]) {
      await pause(dice.between(50, 1_500), signal);
      posted.push(await post(speaker, chat, `And line ${n}.`, { whenBusy }));
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
