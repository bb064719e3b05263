import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { nameOf } from '../../data/library.js';
import type { EventForm } from './storyArtifacts.js';

export type ArtifactFormProps = { form: Signal<EventForm>; participants: readonly string[] };

/** Select options for the participants, without one of them. */
export const participantOptions = (participants: readonly string[], except?: string) =>
  participants.filter((id) => id !== except).map((id) => [id, nameOf(id)] as const);

/** A participant other than `id`: the current one where possible. */
export const otherParticipant = (participants: readonly string[], id: string, current: string): string =>
  current === id ? (participants.find((other) => other !== id) ?? current) : current;

/** The fields of one artifact, with a button to remove it. */
export function ArtifactRow({
  removeLabel,
  onRemove,
  children,
}: {
  removeLabel: string;
  onRemove(): void;
  children: ComponentChildren;
}) {
  return (
    <div class="artifact">
      <div class="artifact-fields">{children}</div>
      <button type="button" class="icon-button" aria-label={removeLabel} onClick={onRemove}>
        ×
      </button>
    </div>
  );
}
