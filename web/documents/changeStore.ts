import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Change, Document, Event } from '../../client/src/index.js';
import { ApiError } from '../../client/src/index.js';
import { documents } from '../data/library.js';
import { notify, tryOrNotify } from '../data/notices.js';
import { service } from '../data/service.js';
import { coalesced } from '../data/stream/coalesced.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { messageOf } from '../strings/errors.js';
import { t } from '../strings/strings.js';
import { type ChangePlaces, changePlaces } from './changePlaces.js';

/** The document of a chat with its suggested changes, oldest first. Both are null until they are read. */
export type ChangeStore = {
  readonly document: ReadonlySignal<Document | null>;
  readonly changes: ReadonlySignal<readonly Change[] | null>;
  /** Where the changes are in the document; null until both are read. */
  readonly places: ReadonlySignal<ChangePlaces | null>;
  readonly failure: ReadonlySignal<string | null>;
  /** Accepting and declining show errors as notices, and never reject. */
  accept(changeId: string): Promise<void>;
  decline(changeId: string, comment?: string): Promise<void>;
  refresh(): void;
};

const stores = new WeakMap<OpenChat, ChangeStore>();

/** One store for each open chat, shared by its transcript and its panel, which must show the same. */
export function useChangeStore(chat: OpenChat): ChangeStore {
  const store = stores.get(chat) ?? createChangeStore(chat);
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

function createChangeStore(chat: OpenChat): ChangeStore {
  const document = signal<Document | null>(null);
  const changes = signal<readonly Change[] | null>(null);
  const failure = signal<string | null>(null);
  const documentId = computed(() => chat.chat.value?.documentId ?? null);

  const anchor = computed(() => chat.chat.value?.anchor ?? null);
  const proposed = computed(() =>
    [...chat.timeline.value.exchanges.values()].flatMap(({ changeIds }) => changeIds ?? []),
  );
  // A string, because a text is searched only if the ids differ, and not with each event.
  const proposedKey = computed(() => proposed.value.join());
  const places = computed(() => {
    if (!document.value || !changes.value) return null;
    const changeIds = new Set(proposedKey.value.split(','));
    return changePlaces(document.value.body, changes.value, { anchor: anchor.value, changeIds });
  });

  const read = coalesced(async () => {
    const id = documentId.peek();
    if (id === null) return;
    try {
      const [documentRead, changesRead] = await Promise.all([service.getDocument(id), service.listChanges(id)]);
      document.value = documentRead;
      changes.value = changesRead;
      failure.value = null;
      // Its anchor follows the edits of the document.
      if (chat.chat.peek()?.anchor) void chat.refresh();
      documents.value = documents.peek().map((known) => (known.id === id ? documentRead : known));
    } catch (error) {
      failure.value = messageOf(error);
    }
  });
  const refresh = () => void read();

  /** A change that was decided or became outdated elsewhere is not an error: a notice explains it. */
  async function decide(send: () => Promise<Change>): Promise<void> {
    await tryOrNotify(async () => {
      try {
        put(await send());
      } catch (error) {
        const explanation = error instanceof ApiError ? t().documents.refusals[error.code] : undefined;
        if (!explanation) throw error;
        notify(explanation);
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
    places,
    failure,
    accept: (id) => decide(() => service.acceptChange(id)),
    decline: (id, comment) => decide(() => service.declineChange(id, comment)),
    refresh,
  };
}
