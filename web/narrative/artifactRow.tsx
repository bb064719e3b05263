import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { nameOf } from '../data/library.js';
import type { EventForm } from './storyArtifacts.js';

export type ArtifactFormProps = { form: Signal<EventForm>; present: readonly string[] };

/** The options of a choice among those present, but for one. */
export const participantOptions = (present: readonly string[], but?: string) =>
  present.filter((id) => id !== but).map((id) => [id, nameOf(id)] as const);

/** Somebody else than `id`: the same as before if that will do. */
export const otherParticipant = (present: readonly string[], id: string, before: string): string =>
  before === id ? (present.find((one) => one !== id) ?? before) : before;

/** One artifact of a form, and a way to take it out again. */
export function Row({ name, onRemove, children }: { name: string; onRemove(): void; children: ComponentChildren }) {
  return (
    <div class="artifact">
      <div class="artifact-fields">{children}</div>
      <button type="button" class="icon-button" aria-label={`Remove this ${name}`} onClick={onRemove}>
        ×
      </button>
    </div>
  );
}
