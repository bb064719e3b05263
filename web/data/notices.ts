import { signal } from '@preact/signals';
import { messageOf } from '../strings/errors.js';

/** A message that is shown for a few seconds. */
export type Notice = { id: number; text: string; isError: boolean };

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;
const shownForMs = 8_000;

export function notify(text: string, isError = false): void {
  lastId += 1;
  const id = lastId;
  notices.value = [...notices.value.filter((notice) => notice.text !== text), { id, text, isError }];
  setTimeout(() => dismiss(id), shownForMs);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Runs an action of the user; shows a notice when it fails. Returns whether it succeeded. */
export async function tryOrNotify(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    notify(messageOf(error), true);
    return false;
  }
}
