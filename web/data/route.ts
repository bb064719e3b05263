import { signal } from '@preact/signals';

const read = () => location.hash.slice(1) || null;

/** The chat that the address names. */
export const currentChatId = signal<string | null>(read());

addEventListener('hashchange', () => {
  currentChatId.value = read();
});

/** Opens a chat, as a step that the browser's Back undoes. */
export function navigateTo(chatId: string): void {
  if (location.hash.slice(1) !== chatId) location.hash = chatId;
}

/** Leaves no step to go back to: where the page itself chose, or the chat is no more. */
export function replaceRoute(chatId: string | null): void {
  history.replaceState(null, '', chatId ? `#${chatId}` : location.pathname);
  currentChatId.value = chatId;
}
