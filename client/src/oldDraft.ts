import type { Draft } from './drafts.js';
import type { RestartFrame } from './schema.js';

export type RestartReason = RestartFrame['reason'];

/** A draft that was lost, and the reason; null when the `restart` frame was missed. */
export type OldDraft = Pick<Draft, 'text' | 'thinking' | 'steps'> & { reason: RestartReason | null };

/** What to keep of a draft when another begins: of two that were lost one after the other, the one still shown. */
export function oldDraftOf({ text, thinking, steps, old }: Draft, reason: RestartReason | null): OldDraft | null {
  if (old) return { ...old, reason };
  return text === '' && thinking === '' && steps.length === 0 ? null : { text, thinking, steps, reason };
}

/** Whether a draft shows more than the lost one did: more text, or as much text and more of what leads to it. */
export function hasGrownPast(draft: Pick<Draft, 'text' | 'thinking' | 'steps'>, old: OldDraft): boolean {
  if (draft.text.length !== old.text.length) return draft.text.length > old.text.length;
  return draft.thinking.length > old.thinking.length || draft.steps.length > old.steps.length;
}
