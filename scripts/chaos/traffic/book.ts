import type { ChatKind } from '../../../domain/turns/turn.js';

export type AcceptedTurn = {
  turnId: string;
  chatId: string;
  kind: ChatKind;
  acceptedAt: number;
  endedAt: number | null;
};

/** What was asked of the service, and what it answered: the side of the account that it can't change. */
export type Book = {
  turns: Map<string, AcceptedTurn>;
  chats: Map<string, ChatKind>;
  /** Answers that no client should have got. */
  complaints: string[];
  accept(turn: Omit<AcceptedTurn, 'endedAt' | 'acceptedAt'>, key: string): void;
  end(turnId: string): void;
  open(): AcceptedTurn[];
  /** Resolves with true once the turn has ended, with false after `withinMs` or when the signal is aborted. */
  untilEnded(turnId: string, withinMs: number, signal: AbortSignal): Promise<boolean>;
};

export function createBook(): Book {
  const turns = new Map<string, AcceptedTurn>();
  const byKey = new Map<string, string>();
  const watchers = new Map<string, Set<() => void>>();
  const complaints: string[] = [];
  return {
    turns,
    chats: new Map(),
    complaints,
    accept(turn, key) {
      const before = byKey.get(key);
      if (before && before !== turn.turnId) complaints.push(`the key ${key} was answered ${before} and ${turn.turnId}`);
      byKey.set(key, turn.turnId);
      if (!turns.has(turn.turnId)) turns.set(turn.turnId, { ...turn, acceptedAt: Date.now(), endedAt: null });
    },
    end(turnId) {
      const turn = turns.get(turnId);
      if (turn) turn.endedAt ??= Date.now();
      for (const look of watchers.get(turnId) ?? []) look();
    },
    open: () => [...turns.values()].filter(({ endedAt }) => endedAt === null),
    untilEnded(turnId, withinMs, signal) {
      if (turns.get(turnId)?.endedAt) return Promise.resolve(true);
      if (signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const looks = watchers.get(turnId) ?? new Set();
        watchers.set(turnId, looks);
        const settle = (ended: boolean) => {
          clearTimeout(late);
          signal.removeEventListener('abort', over);
          looks.delete(look);
          if (looks.size === 0) watchers.delete(turnId);
          resolve(ended);
        };
        const look = () => settle(true);
        const over = () => settle(false);
        signal.addEventListener('abort', over);
        const late = setTimeout(() => settle(false), withinMs);
        looks.add(look);
      });
    },
  };
}
