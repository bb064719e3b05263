import type { OnTurnStatus } from './turnEnd.js';

/** The source of notifications. After a reconnect it calls `onListening`, because some may have been lost. */
export type StatusSource = {
  onStatus(listener: (chatId: string, turnId: string) => void): void;
  onListening(listener: () => void): void;
};

/** Distributes the notifications of one connection to the listeners of each turn. */
export function createTurnStatuses(source: StatusSource): OnTurnStatus {
  const waiting = new Map<string, Set<() => void>>();
  source.onStatus((_chatId, turnId) => {
    for (const notify of waiting.get(turnId) ?? []) notify();
  });
  source.onListening(() => {
    for (const listeners of waiting.values()) for (const notify of listeners) notify();
  });
  return (turnId, listener) => {
    const listeners = waiting.get(turnId) ?? new Set();
    waiting.set(turnId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && waiting.get(turnId) === listeners) waiting.delete(turnId);
    };
  };
}
