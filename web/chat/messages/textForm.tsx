import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../strings/strings.js';
import { offerComposer } from '../composer/focusComposer.js';

type TextFormProps = {
  label: string;
  /** The text as it was typed. */
  text: string;
  saveLabel: string;
  /** Null closes the form. */
  onText(text: string | null): void;
  onSave(): void;
  rows?: number;
  children?: ComponentChildren;
};

/** A text of the chat, in place, that is being edited. Escape closes it, and Ctrl or Cmd with Enter saves it. */
export function TextForm({ label, text, saveLabel, onText, onSave, rows = 3, children }: TextFormProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  // `autofocus` does nothing while another element has the focus.
  useEffect(() => box.current?.focus(), []);
  const isEmpty = text.trim() === '';
  return (
    <form
      class="user-message edit"
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <label class="field">
        {label}
        <textarea
          ref={box}
          rows={rows}
          value={text}
          dir="auto"
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              event.preventDefault(); // else it would stop a reply
              onText(null);
              offerComposer();
            }
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !isEmpty) onSave();
          }}
        />
      </label>
      {children}
      <div class="row end">
        <button type="button" class="button" onClick={() => onText(null)}>
          {t().common.cancel}
        </button>
        <button type="submit" class="button primary" disabled={isEmpty}>
          {saveLabel}
        </button>
      </div>
    </form>
  );
}
