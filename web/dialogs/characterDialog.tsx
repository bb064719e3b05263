import { type Signal, useSignal } from '@preact/signals';
import type { Character } from '../../client/src/index.js';
import { saveCharacter } from '../data/characters.js';
import { saveYou, you } from '../data/library.js';
import { Dialog } from '../parts/dialog.js';
import { bind, SubmitRow, TextField, useInitialFocus, useSubmission } from './fields.js';

type CharacterDialogProps = {
  /** Null: a new one. */
  character: Character | null;
  onClose(): void;
  onSaved?(character: Character): void;
};

export function CharacterDialog({ character, onClose, onSaved }: CharacterDialogProps) {
  const { name = '', persona = '', greeting = null } = character ?? {};
  const form = useSignal({ name, persona, greeting: greeting ?? '' });
  const save = async () => {
    const { greeting: said, ...fields } = form.peek();
    const saved = await saveCharacter(character?.id ?? null, { ...fields, greeting: said === '' ? null : said });
    onSaved?.(saved);
  };
  return (
    <PersonDialog
      title={character ? `Edit ${character.name}` : 'New character'}
      form={form}
      save={save}
      onClose={onClose}
    >
      <TextField label="Greeting" rows={3} {...bind(form, 'greeting')} hint="What they say when a chat begins." />
    </PersonDialog>
  );
}

/** Who the user is in chats with characters. */
export function YouDialog({ onClose }: { onClose(): void }) {
  const form = useSignal({ name: you.peek()?.name ?? '', persona: you.peek()?.persona ?? '' });
  return <PersonDialog title="You" form={form} save={() => saveYou(form.peek())} onClose={onClose} />;
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
  const withKeyPrompt = useSignal(false);
  const submission = useSubmission(async () => {
    await save();
    onClose();
  });
  /** A slip of the finger must not cost what was typed. */
  const leave = () => {
    const same = JSON.stringify(before.peek()) === JSON.stringify(form.peek());
    if (same || withKeyPrompt.peek()) onClose();
    else withKeyPrompt.value = true;
  };
  const person = form as unknown as Signal<Person>;
  return (
    <Dialog title={title} onClose={leave}>
      <form class="form" onSubmit={submission.onSubmit}>
        <TextField label="Name" required first max={200} {...bind(person, 'name')} />
        <TextField
          label="Persona"
          rows={8}
          {...bind(person, 'persona')}
          hint="Who they are, how they speak, what they want."
        />
        {children}
        {withKeyPrompt.value ? <Unsaved onKeep={() => (withKeyPrompt.value = false)} onLeave={onClose} /> : null}
        <SubmitRow submission={submission} action="Save">
          <button type="button" class="button" onClick={leave}>
            Cancel
          </button>
        </SubmitRow>
      </form>
    </Dialog>
  );
}

function Unsaved({ onKeep, onLeave }: { onKeep(): void; onLeave(): void }) {
  const keep = useInitialFocus(true);
  return (
    <div class="question" role="alert">
      <p>Your changes are not saved.</p>
      <div class="row">
        <button type="button" class="button" ref={keep as { current: HTMLButtonElement | null }} onClick={onKeep}>
          Keep editing
        </button>
        <button type="button" class="button danger" onClick={onLeave}>
          Throw them away
        </button>
      </div>
    </div>
  );
}
