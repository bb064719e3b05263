import { useMemo, useSyncExternalStore } from 'react';
import type { Client } from './client.js';
import { createTurnStore, type TurnStore, type TurnStoreOptions } from './store/turnStore.js';
import type { TurnsSnapshot } from './store/turnsSnapshot.js';

export type UseTurnsOptions = TurnStoreOptions & {
  /** Made once, outside of components: another client is another connection. */
  client: Client;
};

/** The state of a chat, and the actions of its store. */
export type UseTurns = TurnsSnapshot & Omit<TurnStore, 'subscribe' | 'getSnapshot' | 'getServerSnapshot'>;

/**
 * Follows a chat while the component is mounted. Rendered on a server it is `loading`. The functions are the same in each
 * render.
 */
export function useTurns(chatId: string, { client, history }: UseTurnsOptions): UseTurns {
  const store = useMemo(
    () => createTurnStore(client, chatId, history === undefined ? {} : { history }),
    [client, chatId, history],
  );
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
  return useMemo(() => {
    const { send, retry, discard, stop, regenerate, approve, reconnect } = store;
    return { ...snapshot, send, retry, discard, stop, regenerate, approve, reconnect };
  }, [store, snapshot]);
}
