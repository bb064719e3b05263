import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Change, Document, Event } from '../../client/src/index.js';
import { ApiError } from '../../client/src/index.js';
import { get, list, messageOf, post } from '../data/api.js';
import { coalesced } from '../data/coalesced.js';
import { documents } from '../data/library.js';
import { notify, tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';

/** A chat's document and the changes that were proposed to it, in the order of their source. Null until read. */
export type Changes = {
  readonly document: ReadonlySignal<Document | null>;
  readonly changes: ReadonlySignal<readonly Change[] | null>;
  readonly failure: ReadonlySignal<string | null>;
  /** Both tell what went wrong as a notice, and never throw. */
  accept(changeId: string): Promise<void>;
  decline(changeId: string, comment?: string): Promise<void>;
  /** Many wishes at once are one request, and one more after it. */
  refresh(): void;
};

const stores = new WeakMap<OpenChat, Changes>();

/** The same for all who show a chat, so that its transcript and its panel agree. It lives as long as the open chat. */
export function useChanges(chat: OpenChat): Changes {
  const store = stores.get(chat) ?? createChanges(chat);
  stores.set(chat, store);
  return store;
}

const kinds: ReadonlySet<Event['kind']> = new Set<Event['kind']>([
  'changes_proposed',
  'change_accepted',
  'change_declined',
  'change_stale',
  'document_edited',
]);

function createChanges(chat: OpenChat): Changes {
  const document = signal<Document | null>(null);
  const changes = signal<readonly Change[] | null>(null);
  const failure = signal<string | null>(null);
  const documentId = computed(() => chat.chat.value?.documentId ?? null);

  const read = coalesced(async () => {
    const id = documentId.peek();
    if (id === null) return;
    try {
      const [documentRead, changesRead] = await Promise.all([
        get<Document>(`/v1/documents/${id}`),
        list<Change>(`/v1/documents/${id}/changes`),
      ]);
      document.value = documentRead;
      changes.value = changesRead;
      failure.value = null;
      documents.value = documents.peek().map((known) => (known.id === id ? documentRead : known));
    } catch (error) {
      failure.value = messageOf(error);
    }
  });
  const refresh = () => void read();

  /** What was decided by somebody else meanwhile is no failure: it is said, and shown. */
  async function decide(call: () => Promise<Change>): Promise<void> {
    await tryOrNotify(async () => {
      try {
        put(await call());
      } catch (error) {
        const words = error instanceof ApiError ? decided[error.code] : undefined;
        if (!words) throw error;
        notify(words);
      }
    });
    refresh();
  }

  function put(change: Change) {
    changes.value = changes.peek()?.map((known) => (known.id === change.id ? change : known)) ?? null;
  }

  effect(() => {
    if (documentId.value !== null) untracked(refresh);
  });
  chat.onEvent((event) => {
    if (event === null || kinds.has(event.kind)) refresh();
  });

  return {
    document,
    changes,
    failure,
    accept: (id) => decide(() => post<Change>(`/v1/changes/${id}/accept`)),
    decline: (id, comment) => decide(() => post<Change>(`/v1/changes/${id}/decline`, comment ? { comment } : {})),
    refresh,
  };
}

const decided: Record<string, string> = {
  change_stale: 'The text has changed since: what this change would replace is no longer there.',
  change_not_pending: 'This change was decided before.',
};
