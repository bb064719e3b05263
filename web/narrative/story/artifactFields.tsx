import { patch, SelectField, TextField } from '../../dialogs/fields.js';
import { t } from '../../strings/strings.js';
import { RelationshipFields } from '../relationshipFields.js';
import { type ArtifactFormProps, ArtifactRow, otherParticipant, participantOptions } from './artifactRow.js';
import type { FactRow, ObjectRow } from './storyArtifacts.js';

/** The outcome of a story event when it is completed. */
export function ArtifactFields({ form, participants }: ArtifactFormProps) {
  return (
    <fieldset class="group artifacts">
      <legend>{t().narrative.outcome}</legend>
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
          removeLabel={t().narrative.removeFact}
          onRemove={() => patch(form, { facts: facts.filter((row) => row.key !== key) })}
        >
          <div class="columns">
            <SelectField
              label={t().narrative.whoLearns}
              value={sourceId}
              options={participantOptions(participants)}
              onChange={(id) => change(key, { sourceId: id, targetId: otherParticipant(participants, id, targetId) })}
            />
            <SelectField
              label={t().narrative.aboutWhom}
              value={targetId}
              options={participantOptions(participants, sourceId)}
              onChange={(id) => change(key, { targetId: id })}
            />
          </div>
          <TextField
            label={t().narrative.fact}
            required
            max={2_000}
            value={fact}
            onInput={(text) => change(key, { fact: text })}
          />
        </ArtifactRow>
      ))}
      <button type="button" class="quiet add" onClick={add}>
        {t().narrative.addFact}
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
          removeLabel={t().narrative.removeItem}
          onRemove={() => patch(form, { objects: objects.filter((row) => row.key !== key) })}
        >
          <div class="columns">
            <SelectField
              label={t().narrative.whoGets}
              value={ownerId}
              options={participantOptions(participants)}
              onChange={(id) => change(key, { ownerId: id })}
            />
            <TextField
              label={t().narrative.item}
              required
              max={200}
              value={name}
              onInput={(text) => change(key, { name: text })}
            />
          </div>
        </ArtifactRow>
      ))}
      <button type="button" class="quiet add" onClick={add}>
        {t().narrative.addItem}
      </button>
    </>
  );
}
