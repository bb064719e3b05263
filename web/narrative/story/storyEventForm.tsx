import { type Signal, useSignal } from '@preact/signals';
import { service } from '../../data/service.js';
import { bind, patch, SubmitRow, TextField, useSubmission } from '../../dialogs/fields.js';
import { t } from '../../strings/strings.js';
import { ArtifactFields } from './artifactFields.js';
import { artifactsOf, type EventForm, emptyForm } from './storyArtifacts.js';

type NewStoryEventProps = { chatId: string; participants: readonly string[]; onPlanned(): void };

export function NewStoryEvent({ chatId, participants, onPlanned }: NewStoryEventProps) {
  const isShown = useSignal(false);
  const form = useSignal(emptyForm(participants));
  const submission = useSubmission(async () => {
    const { title, description, status } = form.peek();
    const artifacts = artifactsOf(form.peek());
    await service.createStoryEvent(chatId, { title: title.trim(), description, status, artifacts });
    form.value = emptyForm(participants);
    isShown.value = false;
    onPlanned();
  });
  if (!isShown.value) {
    return (
      <button type="button" class="button" onClick={() => (isShown.value = true)}>
        {t().narrative.addStoryEvent}
      </button>
    );
  }
  return (
    <form class="form card" aria-label={t().narrative.newStoryEvent} onSubmit={submission.onSubmit}>
      <TextField label={t().common.title} required initialFocus max={200} {...bind(form, 'title')} />
      <TextField
        label={t().narrative.description}
        rows={3}
        max={20_000}
        {...bind(form, 'description')}
        hint={t().narrative.descriptionHint}
      />
      <StatusFields form={form} />
      <ArtifactFields form={form} participants={participants} />
      <SubmitRow submission={submission} action={t().common.add} onCancel={() => (isShown.value = false)} />
    </form>
  );
}

const statuses: readonly EventForm['status'][] = ['planned', 'active'];

function StatusFields({ form }: { form: Signal<EventForm> }) {
  return (
    <fieldset class="group">
      <legend>{t().narrative.status}</legend>
      {statuses.map((status) => (
        <label key={status} class="check">
          <input
            type="radio"
            name="story-event-status"
            checked={form.value.status === status}
            onChange={() => patch(form, { status })}
          />
          <span>{t().narrative.newStatuses[status]}</span>
        </label>
      ))}
    </fieldset>
  );
}
