import { signal } from '@preact/signals';
import { notify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import { messageOf } from '../../strings/errors.js';

/**
 * An edit that is being sent. The new text is shown at once, and what followed the message is not shown any more.
 * `turnId`: the new version, once the service has accepted it.
 */
export type PendingEdit = { seq: number; text: string; turnId: string | null };

/** The chat whose last message the user asked to edit by key. */
export const editRequest = signal<string | null>(null);

/** By chat. */
export const pendingEdits = signal<ReadonlyMap<string, PendingEdit>>(new Map());

function set(chatId: string, edit: PendingEdit | null): void {
  const next = new Map(pendingEdits.peek());
  if (edit) next.set(chatId, edit);
  else next.delete(chatId);
  pendingEdits.value = next;
}

/** An edit is over when the log has it: then the timeline shows the same. */
export const endEdit = (chatId: string): void => set(chatId, null);

type Edit = { chatId: string; seq: number; text: string; turnId: string; rewindTo: number | null };

/**
 * Edits a message of the user and has it answered again. `rewindTo`: where later messages exist, the chat is first
 * rewound to this seq, because only the last turn can be regenerated. Whether the service accepted it; else a notice says
 * why, and the old text is shown again.
 */
export async function sendEdit({ chatId, seq, text, turnId, rewindTo }: Edit): Promise<boolean> {
  set(chatId, { seq, text, turnId: null });
  try {
    if (rewindTo !== null) await service.rewind(chatId, { toSeq: rewindTo });
    const { turn } = await service.regenerate(turnId, { text });
    set(chatId, { seq, text, turnId: turn.id });
    return true;
  } catch (error) {
    set(chatId, null);
    notify(messageOf(error), true);
    return false;
  }
}
