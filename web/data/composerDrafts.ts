import { signal } from '@preact/signals';

/** Where drafts are kept, how many, and how long one may be in UTF-16 code units. The browser has about 5 MB for all. */
const storageKey = 'composer-drafts';
const limits = { chats: 50, length: 20_000 };

type Drafts = ReadonlyMap<string, string>;

/** Texts that were typed and not sent, by chat, the last changed one last. They outlive a reload. */
const drafts = signal<Drafts>(read());

function read(): Drafts {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '[]') as [string, string][];
    return new Map(stored.filter(([chatId, text]) => typeof chatId === 'string' && typeof text === 'string'));
  } catch {
    return new Map();
  }
}

export const draftOf = (chatId: string): string => drafts.value.get(chatId) ?? '';

/** Keeps a text in this tab, and in the browser if it is not too long. */
export function setDraft(chatId: string, text: string): void {
  const next = new Map(drafts.value);
  next.delete(chatId);
  if (text !== '') next.set(chatId, text);
  drafts.value = next;
  const stored = [...next].filter(([, each]) => each.length <= limits.length).slice(-limits.chats);
  try {
    localStorage.setItem(storageKey, JSON.stringify(stored));
  } catch {
    // The storage is full or turned off: the draft lasts as long as the tab.
  }
}
