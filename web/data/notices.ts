import { signal } from '@preact/signals';
import { messageOf } from './api.js';

/** A line that tells of something for a while. */
export type Notice = { id: number; text: string; bad: boolean };

export const notices = signal<readonly Notice[]>([]);
let last = 0;
const forMs = 8_000;

export function notify(text: string, bad = false): void {
  last += 1;
  const id = last;
  notices.value = [...notices.value.filter((notice) => notice.text !== text), { id, text, bad }];
  setTimeout(() => dismiss(id), forMs);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Does what somebody asked for, and says so if that fails. Tells whether it went well. */
export async function tryOrNotify(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    notify(messageOf(error), true);
    return false;
  }
}
