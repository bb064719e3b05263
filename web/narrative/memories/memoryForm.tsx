import { type Signal, useSignal } from '@preact/signals';
import type { Memory } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { service } from '../../data/service.js';
import { bind, patch, SelectField, SubmitRow, TextField, useSubmission } from '../../dialogs/fields.js';
import { t } from '../../strings/strings.js';

/** `significance`: '0' to '3'; empty while the memory is not rated. */
type MemoryFields = { text: string; significance: string };

const importances = () => t().narrative.importances.map((label, value) => [String(value), label] as const);

type NewMemoryProps = { chatId: string; witnesses: readonly string[] };

/** A button that opens the form for a new memory. */
export function NewMemory({ chatId, witnesses }: NewMemoryProps) {
  const isShown = useSignal(false);
  if (isShown.value)
    return <NewMemoryForm chatId={chatId} witnesses={witnesses} onDone={() => (isShown.value = false)} />;
  return (
    <button type="button" class="button" onClick={() => (isShown.value = true)}>
      {t().narrative.addMemory}
    </button>
  );
}

function NewMemoryForm({ chatId, witnesses, onDone }: NewMemoryProps & { onDone(): void }) {
  const form = useSignal<MemoryFields>({ text: '', significance: '2' });
  const chosen = useSignal<readonly string[]>(witnesses);
  const submission = useSubmission(async () => {
    const { text, significance } = form.peek();
    const witnessIds = witnesses.filter((id) => chosen.peek().includes(id));
    if (witnessIds.length === 0) throw new Error(t().narrative.chooseWitnesses);
    await service.createMemory(chatId, { text: text.trim(), witnessIds, significance: Number(significance) });
    onDone();
  });
  return (
    <form class="form card" aria-label={t().narrative.newMemory} onSubmit={submission.onSubmit}>
      <MemoryTextFields form={form} />
      {witnesses.length > 1 ? <WitnessFields witnesses={witnesses} chosen={chosen} /> : null}
      <SubmitRow submission={submission} action={t().common.add} onCancel={onDone} />
    </form>
  );
}

/** The form that takes the place of a memory while a person edits it. */
export function EditMemory({ chatId, memory, onDone }: { chatId: string; memory: Memory; onDone(): void }) {
  const opened = useSignal({ text: memory.text, significance: String(memory.significance ?? '') }).peek();
  const form = useSignal<MemoryFields>(opened);
  const submission = useSubmission(async () => {
    const { text, significance } = form.peek();
    // Only what the person changed: the memory may have been rated since the form was opened.
    await service.updateMemory(chatId, memory.id, {
      ...(text === opened.text ? {} : { text: text.trim() }),
      ...(significance === opened.significance ? {} : { significance: Number(significance) }),
    });
    onDone();
  });
  return (
    <form class="form card" aria-label={t().narrative.editMemory} onSubmit={submission.onSubmit}>
      <MemoryTextFields form={form} />
      <SubmitRow submission={submission} action={t().common.save} onCancel={onDone} />
    </form>
  );
}

function MemoryTextFields({ form }: { form: Signal<MemoryFields> }) {
  const { significance } = form.value;
  return (
    <>
      <TextField label={t().narrative.memory} required initialFocus rows={4} max={200_000} {...bind(form, 'text')} />
      <SelectField
        label={t().narrative.importance}
        value={significance}
        options={significance === '' ? [['', t().narrative.notRated], ...importances()] : importances()}
        onChange={(value) => patch(form, { significance: value })}
      />
    </>
  );
}

function WitnessFields({ witnesses, chosen }: { witnesses: readonly string[]; chosen: Signal<readonly string[]> }) {
  const toggle = (id: string) => {
    const others = chosen.peek().filter((each) => each !== id);
    chosen.value = others.length < chosen.peek().length ? others : [...others, id];
  };
  return (
    <fieldset class="group">
      <legend>{t().narrative.rememberedBy}</legend>
      {witnesses.map((id) => (
        <label key={id} class="check">
          <input type="checkbox" checked={chosen.value.includes(id)} onChange={() => toggle(id)} />
          <span>{nameOf(id)}</span>
        </label>
      ))}
    </fieldset>
  );
}
