import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { backoffMs, isTransient } from '../../client/src/index.js';
import { messageOf } from './api.js';
import { coalesced } from './coalesced.js';
import type { OpenChat } from './openChat.js';
import type { ChatEvent } from './resources.js';

/** Something read from the api that follows a chat's events. `value` is null until it is read for the first time. */
export type ChatQuery<T> = {
  value: ReadonlySignal<T | null>;
  failure: ReadonlySignal<string | null>;
  /** Reads it anew; many wishes at once are one request, and one more after it. */
  refresh(): void;
};

/**
 * Reads something, and reads it anew when an event of one of the `kinds` comes, or the timeline changes. What was
 * read stays until the new is there.
 */
export function useChatQuery<T>(
  chat: OpenChat,
  load: () => Promise<T>,
  kinds: readonly ChatEvent['kind'][],
): ChatQuery<T> {
  const { stop, ...followed } = useMemo(() => createChatQuery(chat, load, kinds), [chat]);
  useEffect(() => stop, [stop]);
  return followed;
}

const retry = { firstMs: 1_000, maxMs: 10_000 };

function createChatQuery<T>(chat: OpenChat, load: () => Promise<T>, kinds: readonly ChatEvent['kind'][]) {
  const value = signal<T | null>(null);
  const failure = signal<string | null>(null);
  let stopped = false;
  let tries = 0;
  let again: number | undefined;
  const refresh = coalesced(async () => {
    clearTimeout(again);
    if (stopped) return;
    try {
      value.value = await load();
      failure.value = null;
      tries = 0;
    } catch (error) {
      failure.value = messageOf(error);
      if (stopped || !isTransient(error)) return;
      again = setTimeout(() => void refresh(), backoffMs(tries, retry));
      tries += 1;
    }
  });

  const deaf = chat.onEvent((event) => {
    if (event === null || kinds.includes(event.kind)) void refresh();
  });
  void refresh();
  return {
    value,
    failure,
    refresh: () => void refresh(),
    stop() {
      stopped = true;
      clearTimeout(again);
      deaf();
    },
  };
}
