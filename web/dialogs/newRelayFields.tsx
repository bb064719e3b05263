import { signal } from '@preact/signals';
import { bind, TextField } from './fields.js';

const empty = { persona: '', sessionId: '' };
const form = signal(empty);

export function resetRelayForm(): void {
  form.value = empty;
}

export function RelayFields() {
  return (
    <>
      <TextField
        label="Persona"
        rows={3}
        required
        {...bind(form, 'persona')}
        hint="The persona for the other service: a name it knows, or a description."
      />
      <TextField
        label="Session ID"
        max={200}
        {...bind(form, 'sessionId')}
        hint="To continue a session of the other service. Leave empty to start a new one."
      />
    </>
  );
}

export async function relayRequestBody(): Promise<object> {
  const { persona, sessionId } = form.peek();
  return sessionId.trim() === '' ? { persona } : { persona, sessionId: sessionId.trim() };
}
