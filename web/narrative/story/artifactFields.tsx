import { patch, SelectField, TextField } from '../../dialogs/fields.js';
import { RelationshipFields } from '../relationshipFields.js';
import { type ArtifactFormProps, ArtifactRow, otherParticipant, participantOptions } from './artifactRow.js';
import type { FactRow, ObjectRow } from './storyArtifacts.js';

/** The outcome of a story event when it is completed. */
export function ArtifactFields({ form, participants }: ArtifactFormProps) {
  return (
    <fieldset class="group artifacts">
      <legend>Outcome when completed</legend>
      <Facts form={form} participants={participants} />
      <Objects form={form} participants={participants} />
      <RelationshipFields form={form} participants={participants} />
    </fieldset>
  );
}

let keys = 0;
function newKey(): number {
  keys += 1;
  return keys;
}

function Facts({ form, participants }: ArtifactFormProps) {
  const { facts } = form.value;
  const change = (key: number, changes: Partial<FactRow>) =>
    patch(form, { facts: facts.map((row) => (row.key === key ? { ...row, ...changes } : row)) });
  const add = () => {
    const [sourceId = 'you', targetId = 'you'] = participants;
    patch(form, { facts: [...facts, { key: newKey(), sourceId, targetId, fact: '' }] });
  };
  return (
    <>
      {facts.map(({ key, sourceId, targetId, fact }) => (
        <ArtifactRow
          key={key}
          name="fact"
          onRemove={() => patch(form, { facts: facts.filter((row) => row.key !== key) })}
        >
          <div class="columns">
            <SelectField
              label="Who learns it"
              value={sourceId}
              options={participantOptions(participants)}
              onChange={(id) => change(key, { sourceId: id, targetId: otherParticipant(participants, id, targetId) })}
            />
            <SelectField
              label="About"
              value={targetId}
              options={participantOptions(participants, sourceId)}
              onChange={(id) => change(key, { targetId: id })}
            />
          </div>
          <TextField label="Fact" required max={2_000} value={fact} onInput={(text) => change(key, { fact: text })} />
        </ArtifactRow>
      ))}
      <button type="button" class="quiet add" onClick={add}>
        + Add a fact
      </button>
    </>
  );
}

function Objects({ form, participants }: ArtifactFormProps) {
  const { objects } = form.value;
  const change = (key: number, changes: Partial<ObjectRow>) =>
    patch(form, { objects: objects.map((row) => (row.key === key ? { ...row, ...changes } : row)) });
  const add = () => patch(form, { objects: [...objects, { key: newKey(), ownerId: 'you', name: '' }] });
  return (
    <>
      {objects.map(({ key, ownerId, name }) => (
        <ArtifactRow
          key={key}
          name="item"
          onRemove={() => patch(form, { objects: objects.filter((row) => row.key !== key) })}
        >
          <div class="columns">
            <SelectField
              label="Who gets it"
              value={ownerId}
              options={participantOptions(participants)}
              onChange={(id) => change(key, { ownerId: id })}
            />
            <TextField label="Item" required max={200} value={name} onInput={(text) => change(key, { name: text })} />
          </div>
        </ArtifactRow>
      ))}
      <button type="button" class="quiet add" onClick={add}>
        + Add an item
      </button>
    </>
  );
}
