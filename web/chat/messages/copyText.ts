import { notify, tryOrNotify } from '../../data/notices.js';

/** Copies a text, and says so. */
export async function copyText(text: string, done: string): Promise<void> {
  if (await tryOrNotify(() => navigator.clipboard.writeText(text))) notify(done);
}
