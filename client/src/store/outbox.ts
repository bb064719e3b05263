import type { Client } from '../client.js';
import type { NewTurn, Turn } from '../schema.js';
import type { ShownMessage } from './shownMessages.js';

export type SendOptions = {
  /** Messages with the same key are sent once. A new key by default. */
  idempotencyKey?: string;
};

export type Outbox = {
  send(turn: string | NewTurn, options?: SendOptions): Promise<Turn | null>;
  retry(id: string): Promise<Turn | null>;
  discard(id: string): void;
  /** A message with this text is in the log: the one that is being sent is not shown beside it. */
  arrived(text: string): void;
  /** Resolves when no message is being sent. */
  settled(): Promise<void>;
};

type OutboxEvents = {
  change(unsent: readonly ShownMessage[], more?: { error: Error | null }): void;
  accepted(message: ShownMessage, turn: Turn, unsent: readonly ShownMessage[]): void;
};

type Entry = { key: string; turn: NewTurn; message: ShownMessage; isShown: boolean; sending: Promise<Turn | null> };

/** The messages that are being sent, and those that were refused. Each has one idempotency key. */
export function createOutbox(client: Client, chatId: string, events: OutboxEvents): Outbox {
  const entries = new Map<string, Entry>();
  const idOf = (key: string) => `unsent:${key}`;
  const shown = () => [...entries.values()].flatMap(({ isShown, message }) => (isShown ? [message] : []));

  async function post(entry: Entry): Promise<Turn | null> {
    const { key, turn, message } = entry;
    entry.message = { ...message, state: 'sending' };
    events.change(shown(), { error: null });
    try {
      const accepted = await client.postTurn(chatId, turn, { idempotencyKey: key });
      const { state: _, ...sent } = entry.message;
      entries.delete(idOf(key));
      events.accepted({ ...sent, id: `${accepted.id}:user`, turnId: accepted.id }, accepted, shown());
      return accepted;
    } catch (error) {
      entry.message = { ...message, state: 'failed' };
      entry.isShown = true;
      events.change(shown(), { error: error as Error });
      return null;
    }
  }

  const start = (entry: Entry) => {
    entry.sending = post(entry);
    return entry.sending;
  };

  return {
    send(given, { idempotencyKey: key = crypto.randomUUID() } = {}) {
      const known = entries.get(idOf(key));
      if (known?.message.state === 'sending') return known.sending;
      if (known) return start(known);
      const turn = typeof given === 'string' ? { text: given } : given;
      const at = new Date().toISOString();
      const message: ShownMessage = { id: idOf(key), role: 'user', text: turn.text, turnId: null, at };
      const entry: Entry = { key, turn, message, isShown: true, sending: Promise.resolve(null) };
      entries.set(idOf(key), entry);
      return start(entry);
    },
    retry(id) {
      const entry = entries.get(id);
      if (!entry) return Promise.resolve(null);
      return entry.message.state === 'sending' ? entry.sending : start(entry);
    },
    discard(id) {
      if (entries.get(id)?.message.state !== 'failed') return;
      entries.delete(id);
      events.change(shown(), { error: null });
    },
    arrived(text) {
      const entry = [...entries.values()].find(({ isShown, turn }) => isShown && turn.text === text);
      if (entry?.message.state !== 'sending') return;
      entry.isShown = false;
      events.change(shown());
    },
    async settled() {
      await Promise.all([...entries.values()].map(({ sending }) => sending));
    },
  };
}
