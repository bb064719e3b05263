import { patch, SelectField, TextField } from '../dialogs/fields.js';
import { type ArtifactFormProps, otherParticipant, participantOptions, Row } from './artifactRow.js';
import { RelationshipFields } from './relationshipFields.js';
import type { FactRow, ObjectRow } from './storyArtifacts.js';

/** What comes of a story event once it is complete. */
export function ArtifactFields({ form, present }: ArtifactFormProps) {
  return (
    <fieldset class="group artifacts">
      <legend>What it brings when it is complete</legend>
      <Facts form={form} present={present} />
      <Objects form={form} present={present} />
      <RelationshipFields form={form} present={present} />
    </fieldset>
  );
}

let keys = 0;
function newKey(): number {
  keys += 1;
  return keys;
}

function Facts({ form, present }: ArtifactFormProps) {
  const { facts } = form.value;
  const change = (key: number, changes: Partial<FactRow>) =>
    patch(form, { facts: facts.map((row) => (row.key === key ? { ...row, ...changes } : row)) });
  const add = () => {
    const [sourceId = 'you', targetId = 'you'] = present;
    patch(form, { facts: [...facts, { key: newKey(), sourceId, targetId, fact: '' }] });
  };
  return (
    <>
      {facts.map(({ key, sourceId, targetId, fact }) => (
        <Row key={key} name="fact" onRemove={() => patch(form, { facts: facts.filter((row) => row.key !== key) })}>
          <div class="columns">
            <SelectField
              label="Who learns"
              value={sourceId}
              options={participantOptions(present)}
              onChange={(id) => change(key, { sourceId: id, targetId: otherParticipant(present, id, targetId) })}
            />
            <SelectField
              label="about"
              value={targetId}
              options={participantOptions(present, sourceId)}
              onChange={(id) => change(key, { targetId: id })}
            />
          </div>
          <TextField label="What" required max={2_000} value={fact} onInput={(text) => change(key, { fact: text })} />
        </Row>
      ))}
      <button type="button" class="quiet add" onClick={add}>
        + Something that is learnt
      </button>
    </>
  );
}

function Objects({ form, present }: ArtifactFormProps) {
  const { objects } = form.value;
  const change = (key: number, changes: Partial<ObjectRow>) =>
    patch(form, { objects: objects.map((row) => (row.key === key ? { ...row, ...changes } : row)) });
  const add = () => patch(form, { objects: [...objects, { key: newKey(), ownerId: 'you', name: '' }] });
  return (
    <>
      {objects.map(({ key, ownerId, name }) => (
        <Row
          key={key}
          name="object"
          onRemove={() => patch(form, { objects: objects.filter((row) => row.key !== key) })}
        >
          <div class="columns">
            <SelectField
              label="Who gets"
              value={ownerId}
              options={participantOptions(present)}
              onChange={(id) => change(key, { ownerId: id })}
            />
            <TextField label="what" required max={200} value={name} onInput={(text) => change(key, { name: text })} />
          </div>
        </Row>
      ))}
      <button type="button" class="quiet add" onClick={add}>
        + An object that somebody gets
      </button>
    </>
  );
}
