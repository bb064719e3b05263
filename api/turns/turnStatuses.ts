import type { OnTurnStatus } from './turnEnd.js';

/** What tells of every turn's changes, and that it listens (again), so that some may have gone unheard. */
export type StatusSource = {
  onStatus(listener: (chatId: string, turnId: string) => void): void;
  onListening(listener: () => void): void;
};

/** Spreads one connection's notifications to those who wait for one turn each. */
export function createTurnStatuses(source: StatusSource): OnTurnStatus {
  const waiting = new Map<string, Set<() => void>>();
  source.onStatus((_chatId, turnId) => {
    for (const tell of waiting.get(turnId) ?? []) tell();
  });
  source.onListening(() => {
    for (const listeners of waiting.values()) for (const tell of listeners) tell();
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
