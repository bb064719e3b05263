import { patch, SelectField } from '../dialogs/fields.js';
import { t } from '../strings/strings.js';
import { type ArtifactFormProps, ArtifactRow, otherParticipant, participantOptions } from './story/artifactRow.js';
import type { RelationshipChange } from './story/storyArtifacts.js';

/** The one change of a relationship that a story event can have as its outcome. */
export function RelationshipFields({ form, participants }: ArtifactFormProps) {
  const { relationship } = form.value;
  const change = (changes: Partial<RelationshipChange>) =>
    patch(form, { relationship: { ...relationship, ...changes } });
  if (!relationship.isIncluded) {
    return (
      <button type="button" class="quiet add" onClick={() => change({ isIncluded: true })}>
        {t().narrative.addRelationship}
      </button>
    );
  }
  return (
    <ArtifactRow removeLabel={t().narrative.removeRelationship} onRemove={() => change({ isIncluded: false })}>
      <div class="columns">
        <SelectField
          label={t().narrative.from}
          value={relationship.sourceId}
          options={participantOptions(participants)}
          onChange={(id) =>
            change({ sourceId: id, targetId: otherParticipant(participants, id, relationship.targetId) })
          }
        />
        <SelectField
          label={t().narrative.to}
          value={relationship.targetId}
          options={participantOptions(participants, relationship.sourceId)}
          onChange={(id) => change({ targetId: id })}
        />
        <DeltaField
          label={t().narrative.affinityChange}
          value={relationship.affinity}
          onInput={(affinity) => change({ affinity })}
        />
        <DeltaField
          label={t().narrative.trustChange}
          value={relationship.trust}
          onInput={(trust) => change({ trust })}
        />
      </div>
    </ArtifactRow>
  );
}

type DeltaFieldProps = { label: string; value: string; onInput(value: string): void };

function DeltaField({ label, value, onInput }: DeltaFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        required
        min={-100}
        max={100}
        step={1}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
