import { effect, signal } from '@preact/signals';
import { client, messageOf, withKeyPrompt } from './api.js';
import type { NewTurn } from './resources.js';

/** A turn that was said here and is not known to be accepted yet. `after`: the newest seq when it was said. */
export type Unsent = {
  key: string;
  chatId: string;
  turn: NewTurn;
  after: number;
  /** Why it was refused; null while it is on its way. */
  refused: string | null;
};

const place = 'unsent';

/**
 * What was said and is on its way. It is kept over a reload, and sent again under the same Idempotency-Key until
 * the service has answered: a turn is accepted once, however often its answer is lost.
 */
export const unsent = signal<readonly Unsent[]>(read());

function read(): Unsent[] {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? '[]');
  } catch {
    return [];
  }
}

function keep(next: readonly Unsent[]): void {
  unsent.value = next;
  sessionStorage.setItem(place, JSON.stringify(next));
}

export const drop = (key: string): void => keep(unsent.value.filter((item) => item.key !== key));

/** Says something in a chat. Resolves when the service has answered, or refused. */
export function say(chatId: string, turn: NewTurn, after: number): Promise<void> {
  const item: Unsent = { key: crypto.randomUUID(), chatId, turn, after, refused: null };
  keep([...unsent.value, item]);
  return send(item);
}

/** Goes on with what a reload interrupted. */
export function resend(): void {
  for (const item of unsent.value) if (item.refused === null) void send(item);
}

async function send({ key, chatId, turn }: Unsent): Promise<void> {
  const dropped = new AbortController();
  const forget = effect(() => {
    if (!unsent.value.some((item) => item.key === key)) dropped.abort();
  });
  const options = { idempotencyKey: key, attempts: Number.POSITIVE_INFINITY, signal: dropped.signal };
  try {
    await withKeyPrompt(client.postTurn(chatId, turn, options));
    drop(key);
  } catch (error) {
    refuse(key, messageOf(error));
  } finally {
    forget();
  }
}

const refuse = (key: string, why: string): void =>
  keep(unsent.value.map((item) => (item.key === key ? { ...item, refused: why } : item)));
