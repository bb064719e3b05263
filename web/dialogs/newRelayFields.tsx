import { signal } from '@preact/signals';
import { t } from '../strings/strings.js';
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
        label={t().forms.persona}
        rows={3}
        required
        {...bind(form, 'persona')}
        hint={t().newChat.relayPersona}
      />
      <TextField label={t().newChat.session} max={200} {...bind(form, 'sessionId')} hint={t().newChat.sessionHint} />
    </>
  );
}

export async function relayRequestBody(): Promise<object> {
  const { persona, sessionId } = form.peek();
  return sessionId.trim() === '' ? { persona } : { persona, sessionId: sessionId.trim() };
}
