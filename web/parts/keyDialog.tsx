import { useState } from 'preact/hooks';
import { apiKey, isKeyRequested, saveKey } from '../data/api.js';
import { Dialog } from './dialog.js';

/** What a header can carry, and the service takes as a key (RFC 7230); anything else could not even be sent. */
const keyForm = /^[\w!#$%&'*+.^`|~-]+$/;

/** Asks for the API key, where the service wants one. */
export function KeyDialog({ onKey }: { onKey(): void }) {
  const [key, setKey] = useState('');
  const [isMalformed, setMalformed] = useState(false);
  return (
    <Dialog title="This service asks for an API key" onClose={() => (isKeyRequested.value = false)}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const isKey = keyForm.test(key.trim());
          setMalformed(!isKey);
          if (!isKey) return;
          saveKey(key.trim());
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
        {(isMalformed || apiKey.value) && (
          <p class="failure" role="alert">
            {isMalformed
              ? 'That is no key: it holds characters that no key has, such as a space.'
              : 'The service refused that key.'}
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
