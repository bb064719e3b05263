import { signal } from '@preact/signals';
import type { Event } from '../../../client/src/index.js';
import { t } from '../../strings/strings.js';
import { nameOf } from '../library.js';
import type { OpenChat } from './openChat.js';

/** A reply that took longer than this is worth a notice when its reader is elsewhere, in milliseconds. */
const longReplyMs = 5_000;
const storageKey = 'notify';

/** How many long replies ended while the tab was hidden; zero once it is shown. */
export const unseenReplies = signal(0);

const isSupported = 'Notification' in globalThis;
/** Whether the system shows a notice for such a reply. */
export const notifies = signal(isSupported && Notification.permission === 'granted' && read() === 'on');

function read(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

/** Switches notices of the system. Asks for the browser's permission; whether they are on then. */
export async function chooseNotices(isOn: boolean): Promise<boolean> {
  notifies.value = isOn && isSupported && (await Notification.requestPermission()) === 'granted';
  try {
    localStorage.setItem(storageKey, notifies.value ? 'on' : 'off');
  } catch {
    // storage is off: the choice holds until the tab is closed
  }
  return notifies.value;
}

/** Counts long replies that end while the tab is hidden. Returns the end of watching. */
export function watchReplies(chat: OpenChat): () => void {
  const started = new Map<string, number>();
  const onEvent = (event: Event | null) => {
    const turnId = event?.turnId;
    if (!event || !turnId) return;
    if (event.kind === 'assistant_turn_started' && !started.has(turnId)) started.set(turnId, performance.now());
    if (event.kind !== 'assistant_turn') return;
    const took = performance.now() - (started.get(turnId) ?? Number.POSITIVE_INFINITY);
    if (!document.hidden || took < longReplyMs) return;
    started.delete(turnId);
    unseenReplies.value += 1;
    if (notifies.peek()) show(chat, event.data.speakerId);
  };
  const onVisible = () => {
    if (!document.hidden) unseenReplies.value = 0;
  };
  document.addEventListener('visibilitychange', onVisible);
  const stop = chat.onEvent(onEvent);
  return () => {
    document.removeEventListener('visibilitychange', onVisible);
    stop();
  };
}

/** Without the text: it may be shown on a locked screen. */
function show(chat: OpenChat, speakerId: string): void {
  const notice = new Notification(t().settings.replied(nameOf(speakerId)), { tag: chat.id, icon: '/icon.svg' });
  notice.onclick = () => {
    focus();
    notice.close();
  };
}
