import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Event } from '../../../client/src/index.js';
import { messageOf } from '../../strings/errors.js';
import type { OpenChat } from './openChat.js';
import { createReloader } from './reloader.js';

/** Data of a chat that is read again when the chat's events change it. */
export type ChatQuery<T> = {
  /** Null until the first read succeeds; later the newest data, also while it is read again. */
  value: ReadonlySignal<T | null>;
  failure: ReadonlySignal<string | null>;
  refresh(): void;
};

/** Reads something, and reads it again after an event of one of the `kinds` and when the timeline was reloaded. */
export function useChatQuery<T>(chat: OpenChat, load: () => Promise<T>, kinds: readonly Event['kind'][]): ChatQuery<T> {
  const { stop, ...query } = useMemo(() => createChatQuery(chat, load, kinds), [chat]);
  useEffect(() => stop, [stop]);
  return query;
}

function createChatQuery<T>(chat: OpenChat, load: () => Promise<T>, kinds: readonly Event['kind'][]) {
  const value = signal<T | null>(null);
  const failure = signal<string | null>(null);
  const { reload, stop } = createReloader(
    async () => {
      value.value = await load();
      failure.value = null;
    },
    (error) => {
      failure.value = messageOf(error);
    },
  );
  const refresh = () => void reload();
  const unsubscribe = chat.onEvent((event) => {
    if (event === null || kinds.includes(event.kind)) refresh();
  });
  refresh();
  return {
    value,
    failure,
    refresh,
    stop() {
      stop();
      unsubscribe();
    },
  };
}
