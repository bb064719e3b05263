import { type Signal, useSignal } from '@preact/signals';
import { post } from '../data/api.js';
import { bind, patch, SubmitRow, TextField, useSubmission } from '../dialogs/fields.js';
import { ArtifactFields } from './artifactFields.js';
import { artifactsOf, type EventForm, emptyForm } from './storyArtifacts.js';

type NewStoryEventProps = { chatId: string; present: readonly string[]; onPlanned(): void };

export function NewStoryEvent({ chatId, present, onPlanned }: NewStoryEventProps) {
  const shown = useSignal(false);
  const form = useSignal(emptyForm(present));
  const submission = useSubmission(async () => {
    const { title, description, status } = form.peek();
    const artifacts = artifactsOf(form.peek());
    await post(`/v1/chats/${chatId}/storyEvents`, { title: title.trim(), description, status, artifacts });
    form.value = emptyForm(present);
    shown.value = false;
    onPlanned();
  });
  if (!shown.value) {
    return (
      <button type="button" class="button" onClick={() => (shown.value = true)}>
        Add a story event
      </button>
    );
  }
  return (
    <form class="form card" aria-label="New story event" onSubmit={submission.onSubmit}>
      <TextField label="Title" required first max={200} {...bind(form, 'title')} />
      <TextField
        label="Description"
        rows={3}
        max={20_000}
        {...bind(form, 'description')}
        hint="What happens, and how one knows that it is over."
      />
      <StatusFields form={form} />
      <ArtifactFields form={form} present={present} />
      <SubmitRow submission={submission} action="Add">
        <button type="button" class="button" onClick={() => (shown.value = false)}>
          Cancel
        </button>
      </SubmitRow>
    </form>
  );
}

const statuses: readonly (readonly [EventForm['status'], string])[] = [
  ['planned', 'Planned: it may begin later'],
  ['active', 'It is going on now'],
];

function StatusFields({ form }: { form: Signal<EventForm> }) {
  return (
    <fieldset class="group">
      <legend>When</legend>
      {statuses.map(([status, words]) => (
        <label key={status} class="check">
          <input
            type="radio"
            name="story-event-status"
            checked={form.value.status === status}
            onChange={() => patch(form, { status })}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}
