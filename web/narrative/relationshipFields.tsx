import { patch, SelectField } from '../dialogs/fields.js';
import { type ArtifactFormProps, otherParticipant, participantOptions, Row } from './artifactRow.js';
import type { Move } from './storyArtifacts.js';

/** The one change of a relationship that a story event may bring. */
export function RelationshipFields({ form, present }: ArtifactFormProps) {
  const { move } = form.value;
  const change = (changes: Partial<Move>) => patch(form, { move: { ...move, ...changes } });
  if (!move.wanted) {
    return (
      <button type="button" class="quiet add" onClick={() => change({ wanted: true })}>
        + A change of feelings
      </button>
    );
  }
  return (
    <Row name="change of feelings" onRemove={() => change({ wanted: false })}>
      <div class="columns">
        <SelectField
          label="Whose feelings"
          value={move.sourceId}
          options={participantOptions(present)}
          onChange={(id) => change({ sourceId: id, targetId: otherParticipant(present, id, move.targetId) })}
        />
        <SelectField
          label="towards"
          value={move.targetId}
          options={participantOptions(present, move.sourceId)}
          onChange={(id) => change({ targetId: id })}
        />
        <DeltaField label="Affinity by" value={move.affinity} onInput={(affinity) => change({ affinity })} />
        <DeltaField label="Trust by" value={move.trust} onInput={(trust) => change({ trust })} />
      </div>
    </Row>
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
