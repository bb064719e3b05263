import { useState } from 'preact/hooks';
import { apiKey, isKeyRequested, saveKey } from '../data/api.js';
import { t } from '../strings/strings.js';
import { Dialog } from './dialog.js';

/** The characters that the service accepts in a key (a token of RFC 7230). Others can't be sent in a header. */
const keyPattern = /^[\w!#$%&'*+.^`|~-]+$/;

/** Asks for the API key. */
export function KeyDialog({ onKey }: { onKey(): void }) {
  const [key, setKey] = useState('');
  const [isMalformed, setMalformed] = useState(false);
  const close = () => {
    isKeyRequested.value = false;
  };
  return (
    <Dialog title={t().key.title} onClose={close}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const isValid = keyPattern.test(key.trim());
          setMalformed(!isValid);
          if (!isValid) return;
          saveKey(key.trim());
          onKey();
        }}
      >
        <label class="field">
          {t().key.label}
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
            {isMalformed ? t().key.malformed : t().key.refused}
          </p>
        )}
        <p class="hint">{t().key.kept}</p>
        <div class="row end">
          <button type="submit" class="button primary" disabled={key.trim() === ''}>
            {t().common.continue}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
