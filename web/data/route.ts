import { signal } from '@preact/signals';

const read = () => location.hash.slice(1) || null;

/** The id of the chat in the page's address. */
export const currentChatId = signal<string | null>(read());

addEventListener('hashchange', () => {
  currentChatId.value = read();
});

/** Opens a chat with a new entry in the browser's history. */
export function navigateTo(chatId: string): void {
  if (location.hash.slice(1) !== chatId) location.hash = chatId;
}

/** Replaces the entry in the browser's history: for a chat that the page itself opened, and for one that was deleted. */
export function replaceRoute(chatId: string | null): void {
  history.replaceState(null, '', chatId ? `#${chatId}` : location.pathname);
  currentChatId.value = chatId;
}
