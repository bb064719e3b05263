import { useState } from 'preact/hooks';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { service } from '../data/service.js';
import type { Exchange } from '../timeline/timeline.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';

type EditProps = { chat: OpenChat; exchange: Exchange; next: Exchange | undefined; onDone(): void };

/**
 * Edits a message of the user and has it answered again. Where later messages exist, the chat is first rewound to
 * this turn: only the last turn can be regenerated.
 */
export function EditForm({ chat, exchange, next, onDone }: EditProps) {
  const [text, setText] = useState(exchange.prose?.text ?? '');
  const [isSending, setSending] = useState(false);
  const send = async () => {
    setSending(true);
    const succeeded = await tryOrNotify(async () => {
      if (next) await service.rewind(chat.id, { toSeq: endSeqOf(exchange, next) });
      await service.regenerate(currentTurnId(exchange), { text });
    });
    setSending(false);
    if (succeeded) onDone();
  };
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
          rows={3}
          value={text}
          autofocus
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && onDone()}
        />
      </label>
      {next && <p class="hint">All messages after this one will be removed from the chat.</p>}
      <div class="row end">
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
        <button type="submit" class="button primary" disabled={isSending || text.trim() === ''}>
          Save and resend
        </button>
      </div>
    </form>
  );
}
