import type { Draft } from './drafts.js';
import type { RestartFrame } from './schema.js';

export type RestartReason = RestartFrame['reason'];

/** A draft that was lost, and the reason; null if the `restart` frame was missed. */
export type OldDraft = Pick<Draft, 'text' | 'thinking' | 'steps'> & { reason: RestartReason | null };

/**
 * The old draft to show when `draft` is replaced; null if nothing was shown. An old draft that is still shown stays.
 */
export function oldDraftOf({ text, thinking, steps, old }: Draft, reason: RestartReason | null): OldDraft | null {
  if (old) return { ...old, reason };
  return text === '' && thinking === '' && steps.length === 0 ? null : { text, thinking, steps, reason };
}

/** Whether a draft has more to show than the old one: more text, or equal text and more thinking or steps. */
export function hasGrownPast(draft: Pick<Draft, 'text' | 'thinking' | 'steps'>, old: OldDraft): boolean {
  if (draft.text.length !== old.text.length) return draft.text.length > old.text.length;
  return draft.thinking.length > old.thinking.length || draft.steps.length > old.steps.length;
}
