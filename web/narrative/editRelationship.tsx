import { useSignal } from '@preact/signals';
import type { Edge } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import { type EdgeChange, service } from '../data/service.js';
import { bind, SubmitRow, TextField, useSubmission } from '../dialogs/fields.js';
import { t } from '../strings/strings.js';

type EditRelationshipProps = { chatId: string; edge: Edge; onSaved(): void; onClose(): void };

/** The form for the values and the summary of one relationship, with which a fact can be added. */
export function EditRelationship({ chatId, edge, onSaved, onClose }: EditRelationshipProps) {
  const { sourceId, targetId } = edge;
  const opened = useSignal(edge).peek();
  const form = useSignal(fieldsOf(opened));
  const submission = useSubmission(async () => {
    await service.updateEdge(chatId, { sourceId, targetId, ...changesOf(opened, form.peek()) });
    onSaved();
    onClose();
  });
  const [source, target] = [nameOf(sourceId), nameOf(targetId)];
  return (
    <form class="form" aria-label={t().narrative.relationshipOf(source, target)} onSubmit={submission.onSubmit}>
      <div class="columns">
        <ValueField label={t().narrative.affinity} {...bind(form, 'affinity')} />
        <ValueField label={t().narrative.trust} {...bind(form, 'trust')} />
      </div>
      <TextField label={t().narrative.summary} rows={3} max={20_000} {...bind(form, 'summary')} />
      <TextField label={t().narrative.newFact(source, target)} max={2_000} {...bind(form, 'fact')} />
      <SubmitRow submission={submission} action={t().common.save} onCancel={onClose} />
    </form>
  );
}

type Fields = { affinity: string; trust: string; summary: string; fact: string };

const fieldsOf = ({ affinity, trust, summary }: Edge): Fields => ({
  affinity: String(affinity),
  trust: String(trust),
  summary: summary ?? '',
  fact: '',
});

/** Only what the person changed: a turn may have changed the rest since the form was opened. */
function changesOf(
  opened: Edge,
  { affinity, trust, summary, fact }: Fields,
): Omit<EdgeChange, 'sourceId' | 'targetId'> {
  return {
    ...(Number(affinity) === opened.affinity ? {} : { affinity: Number(affinity) }),
    ...(Number(trust) === opened.trust ? {} : { trust: Number(trust) }),
    ...(summary === (opened.summary ?? '') ? {} : { summary: summary.trim() }),
    ...(fact.trim() === '' ? {} : { knowledgeFacts: [fact.trim()] }),
  };
}

type ValueFieldProps = { label: string; value: string; onInput(value: string): void };

function ValueField({ label, value, onInput }: ValueFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        required
        min={0}
        max={100}
        step={1}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
