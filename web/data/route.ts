import { signal } from '@preact/signals';

/** `#chat_1` is a chat, `#chat_1/7` the message of its event 7. */
const read = () => location.hash.slice(1).split('/')[0] || null;
const readSeq = () => Number(location.hash.split('/')[1]) || null;

/** The id of the chat in the page's address. */
export const currentChatId = signal<string | null>(read());
/** The event whose message is to be shown; null once it is. */
export const wantedSeq = signal<number | null>(readSeq());

addEventListener('hashchange', () => {
  currentChatId.value = read();
  wantedSeq.value = readSeq();
});

/** Opens a chat with a new entry in the browser's history. */
export function navigateTo(chatId: string): void {
  if (read() !== chatId) location.hash = chatId;
}

/** Replaces the entry in the browser's history: for a chat that the page itself opened, and for one that was deleted. */
export function replaceRoute(chatId: string | null): void {
  history.replaceState(null, '', chatId ? `#${chatId}` : location.pathname);
  currentChatId.value = chatId;
}
