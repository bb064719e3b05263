import { useEffect } from 'preact/hooks';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { focusComposer } from '../composer/focusComposer.js';

const isDialogOpen = () => document.querySelector('dialog[open]') !== null;

/** Whether a key is text: the focus is in a field. */
const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

type Handlers = { chat: OpenChat | null; onShortcuts(): void; onNewChat(): void };

/** The keys that work everywhere on the page while no dialog is open. */
export function useShortcuts({ chat, onShortcuts, onNewChat }: Handlers): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isDialogOpen()) return;
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      action();
    };
    const actionOf = (event: KeyboardEvent): (() => void) | null => {
      const { key, shiftKey, altKey } = event;
      const isCommand = event.ctrlKey || event.metaKey;
      if (key === 'Escape' && shiftKey) return focusComposer;
      if (key === 'Escape' && !isCommand && !altKey) return stopOf(chat, event);
      if (key === '?' && !isCommand && !altKey && !isTyping(event)) return onShortcuts;
      return isCommand && shiftKey && key.toLowerCase() === 'o' ? onNewChat : null;
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [chat, onShortcuts, onNewChat]);
}

/** Stops the running reply. In a field other than the message box Escape belongs to that field. */
function stopOf(chat: OpenChat | null, event: KeyboardEvent): (() => void) | null {
  if (!chat?.holdsFloor.peek()) return null;
  if (isTyping(event) && (event.target as HTMLElement).id !== 'composer-text') return null;
  return () => void tryOrNotify(() => service.cancelActiveTurn(chat.id));
}
