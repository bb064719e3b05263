import type { RestartReason } from '../domain/restartReasons.js';
import type { Draft } from './drafts.js';

/** What was on the page of a draft that was lost, and why it was; null when that was not heard. */
export type OldDraft = Pick<Draft, 'text' | 'thinking' | 'steps'> & { reason: RestartReason | null };

/** What stays of a draft when another begins: of two that were lost one after the other, what is still shown. */
export function oldDraftOf({ text, thinking, steps, old }: Draft, reason: RestartReason | null): OldDraft | null {
  if (old) return { ...old, reason };
  return text === '' && thinking === '' && steps.length === 0 ? null : { text, thinking, steps, reason };
}

/** Whether a draft shows more than the lost one did: more text, or as much text and more of what leads to it. */
export function hasGrownPast(draft: Pick<Draft, 'text' | 'thinking' | 'steps'>, old: OldDraft): boolean {
  if (draft.text.length !== old.text.length) return draft.text.length > old.text.length;
  return draft.thinking.length > old.thinking.length || draft.steps.length > old.steps.length;
}
