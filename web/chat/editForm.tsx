import { useEffect, useRef } from 'preact/hooks';
import type { OpenChat } from '../data/openChat.js';
import type { Exchange } from '../timeline/timeline.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';
import { offerComposer } from './focusComposer.js';
import { sendEdit } from './pendingEdits.js';

type EditProps = {
  chat: OpenChat;
  exchange: Exchange;
  next: Exchange | undefined;
  text: string;
  /** The text as it was typed; null closes the form. */
  onText(text: string | null): void;
};

/**
 * Edits a message of the user and has it answered again. The form closes at once, and opens again with the text where
 * the service refuses it.
 */
export function EditForm({ chat, exchange, next, text, onText }: EditProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  // `autofocus` does nothing while another element has the focus.
  useEffect(() => box.current?.focus(), []);
  const send = async () => {
    onText(null);
    const rewindTo = next ? endSeqOf(exchange, next) : null;
    const edit = { chatId: chat.id, seq: exchange.seq, text, turnId: currentTurnId(exchange), rewindTo };
    if (!(await sendEdit(edit))) onText(text);
  };
  const isEmpty = text.trim() === '';
  return (
    <form
      class="user-message edit"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label class="field">
        Your message
        <textarea
          ref={box}
          rows={3}
          value={text}
          dir="auto"
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              event.preventDefault(); // else it would stop a reply
              onText(null);
              offerComposer();
            }
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !isEmpty) void send();
          }}
        />
      </label>
      {next && <p class="hint">The messages after this one will be removed. You can undo this.</p>}
      <div class="row end">
        <button type="button" class="button" onClick={() => onText(null)}>
          Cancel
        </button>
        <button type="submit" class="button primary" disabled={isEmpty}>
          Save and resend
        </button>
      </div>
    </form>
  );
}
