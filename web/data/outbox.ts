import { effect, signal } from '@preact/signals';
import type { NewTurn } from '../../client/src/index.js';
import { messageOf } from '../strings/errors.js';
import { client, withKeyPrompt } from './api.js';

/** A turn that was sent here and is not known to be accepted. `after`: the chat's newest seq when it was sent. */
export type UnsentTurn = {
  key: string;
  chatId: string;
  turn: NewTurn;
  after: number;
  /** Why the service refused it; null while it is being sent. */
  refusal: string | null;
};

const storageKey = 'unsent';

/**
 * Turns that are being sent. They are kept across reloads, and sent again under the same Idempotency-Key until the
 * service has answered: a turn is accepted once, however often the answer is lost.
 */
export const unsentTurns = signal<readonly UnsentTurn[]>(readStored());

function readStored(): UnsentTurn[] {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
  } catch {
    return [];
  }
}

function store(next: readonly UnsentTurn[]): void {
  unsentTurns.value = next;
  sessionStorage.setItem(storageKey, JSON.stringify(next));
}

export const discard = (key: string): void => store(unsentTurns.value.filter((item) => item.key !== key));

/** Sends a turn. Resolves when the service has accepted or refused it. */
export function sendTurn(chatId: string, turn: NewTurn, after: number): Promise<void> {
  const item: UnsentTurn = { key: crypto.randomUUID(), chatId, turn, after, refusal: null };
  store([...unsentTurns.value, item]);
  return send(item);
}

/** Sends the turns again that a reload interrupted. */
export function resendStored(): void {
  for (const item of unsentTurns.value) if (item.refusal === null) void send(item);
}

async function send({ key, chatId, turn }: UnsentTurn): Promise<void> {
  const discarded = new AbortController();
  const stopWatching = effect(() => {
    if (!unsentTurns.value.some((item) => item.key === key)) discarded.abort();
  });
  const options = { idempotencyKey: key, attempts: Number.POSITIVE_INFINITY, signal: discarded.signal };
  try {
    await withKeyPrompt(client.postTurn(chatId, turn, options));
    discard(key);
  } catch (error) {
    markRefused(key, messageOf(error));
  } finally {
    stopWatching();
  }
}

const markRefused = (key: string, refusal: string): void =>
  store(unsentTurns.value.map((item) => (item.key === key ? { ...item, refusal } : item)));
