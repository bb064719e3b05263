import { useState } from 'preact/hooks';
import { post } from '../data/api.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import type { Exchange } from '../timeline/timeline.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';

type EditProps = { chat: OpenChat; exchange: Exchange; next: Exchange | undefined; onDone(): void };

/**
 * Says something else in the place of what was said, and has it answered. Where more was said since, the chat is
 * rewound to this turn first: only a last reply can be given anew.
 */
export function EditForm({ chat, exchange, next, onDone }: EditProps) {
  const [text, setText] = useState(exchange.prose?.text ?? '');
  const [busy, setBusy] = useState(false);
  const resend = async () => {
    setBusy(true);
    const done = await tryOrNotify(async () => {
      if (next) await post(`/v1/chats/${chat.id}/rewind`, { toSeq: endSeqOf(exchange, next) });
      await post(`/v1/turns/${currentTurnId(exchange)}/regenerate`, { text });
    });
    setBusy(false);
    if (done) onDone();
  };
  return (
    <form
      class="mine edit"
      onSubmit={(event) => {
        event.preventDefault();
        void resend();
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
      {next && <p class="hint">What came after it leaves the chat. Nothing is deleted from its log.</p>}
      <div class="row end">
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
        <button type="submit" class="button primary" disabled={busy || text.trim() === ''}>
          Send again
        </button>
      </div>
    </form>
  );
}
