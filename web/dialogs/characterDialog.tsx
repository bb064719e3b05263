import { type Signal, useSignal } from '@preact/signals';
import type { Character } from '../../client/src/index.js';
import { saveCharacter } from '../data/characters.js';
import { saveYou, you } from '../data/library.js';
import { Dialog } from '../parts/dialog.js';
import { t } from '../strings/strings.js';
import { bind, SubmitRow, TextField, useInitialFocus, useSubmission } from './fields.js';

type CharacterDialogProps = {
  /** Null to create a character. */
  character: Character | null;
  onClose(): void;
  onSaved?(character: Character): void;
};

export function CharacterDialog({ character, onClose, onSaved }: CharacterDialogProps) {
  const { name = '', persona = '', greeting = null } = character ?? {};
  const form = useSignal({ name, persona, greeting: greeting ?? '' });
  const save = async () => {
    const { greeting: text, ...fields } = form.peek();
    const saved = await saveCharacter(character?.id ?? null, { ...fields, greeting: text === '' ? null : text });
    onSaved?.(saved);
  };
  return (
    <PersonDialog
      title={character ? t().forms.editCharacter(character.name) : t().forms.newCharacter}
      form={form}
      save={save}
      onClose={onClose}
    >
      <TextField label={t().forms.greeting} rows={3} {...bind(form, 'greeting')} hint={t().forms.greetingHint} />
    </PersonDialog>
  );
}

/** The user's name and persona in chats with characters. */
export function ProfileDialog({ onClose }: { onClose(): void }) {
  const form = useSignal({ name: you.peek()?.name ?? '', persona: you.peek()?.persona ?? '' });
  return <PersonDialog title={t().forms.profile} form={form} save={() => saveYou(form.peek())} onClose={onClose} />;
}

type Person = { name: string; persona: string };
type PersonDialogProps<T extends Person> = {
  title: string;
  form: Signal<T>;
  save(): Promise<unknown>;
  onClose(): void;
  children?: preact.ComponentChildren;
};

function PersonDialog<T extends Person>({ title, form, save, onClose, children }: PersonDialogProps<T>) {
  const before = useSignal(form.peek());
  const isConfirming = useSignal(false);
  const submission = useSubmission(async () => {
    await save();
    onClose();
  });
  /** Asks before it discards what was typed; a second attempt closes. */
  const close = () => {
    const isUnchanged = JSON.stringify(before.peek()) === JSON.stringify(form.peek());
    if (isUnchanged || isConfirming.peek()) onClose();
    else isConfirming.value = true;
  };
  const person = form as unknown as Signal<Person>;
  return (
    <Dialog title={title} onClose={close}>
      <form class="form" onSubmit={submission.onSubmit}>
        <TextField label={t().forms.name} required initialFocus max={200} {...bind(person, 'name')} />
        <TextField label={t().forms.persona} rows={8} {...bind(person, 'persona')} hint={t().forms.personaHint} />
        {children}
        {isConfirming.value ? (
          <UnsavedChanges
            onKeep={() => {
              isConfirming.value = false;
            }}
            onDiscard={onClose}
          />
        ) : null}
        <SubmitRow submission={submission} action={t().common.save} onCancel={close} />
      </form>
    </Dialog>
  );
}

function UnsavedChanges({ onKeep, onDiscard }: { onKeep(): void; onDiscard(): void }) {
  const keep = useInitialFocus(true);
  return (
    <div class="question" role="alert">
      <p>{t().forms.unsaved}</p>
      <div class="row">
        <button type="button" class="button" ref={keep as { current: HTMLButtonElement | null }} onClick={onKeep}>
          {t().forms.keepEditing}
        </button>
        <button type="button" class="button danger" onClick={onDiscard}>
          {t().forms.discardChanges}
        </button>
      </div>
    </div>
  );
}
