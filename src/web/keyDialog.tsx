import { useState } from 'preact/hooks';
import { apiKey, keyWanted, useKey } from './api.js';
import { Dialog } from './dialog.js';

/** Asks for the API key, where the service wants one. */
export function KeyDialog({ onKey }: { onKey(): void }) {
  const [key, setKey] = useState('');
  return (
    <Dialog title="This service asks for an API key" onClose={() => (keyWanted.value = false)}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          useKey(key.trim());
          onKey();
        }}
      >
        <label class="field">
          API key
          <input
            type="password"
            autocomplete="off"
            required
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        {apiKey.value && (
          <p class="failure" role="alert">
            The service refused that key.
          </p>
        )}
        <p class="hint">It is kept in this tab until you close it.</p>
        <div class="row end">
          <button type="submit" class="button primary" disabled={key.trim() === ''}>
            Use it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
