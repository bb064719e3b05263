import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { NewTurn } from '../../client/src/index.js';
import { post } from '../data/api.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { sendTurn } from '../data/outbox.js';
import { pendingQuote } from '../documents/pendingQuote.js';

/** What is being written, by chat: another chat may be looked at meanwhile. */
const written = signal<ReadonlyMap<string, string>>(new Map());
type WhenBusy = NonNullable<NewTurn['whenBusy']>;
const whenBusy = signal<WhenBusy>('enqueue');

const choices: [WhenBusy, string][] = [
  ['enqueue', 'Wait for the reply, then send'],
  ['interrupt', 'Stop the reply, keep its text, then send'],
  ['rollback', 'Take the running turn back, then send'],
  ['reject', 'Send only if nobody speaks'],
];

/** Where one says something. Enter sends, Shift+Enter begins a line. */
export function Composer({ chat }: { chat: OpenChat }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const text = written.value.get(chat.id) ?? '';
  const holds = chat.holdsFloor.value;
  const isBusy = chat.isBusy.value;
  const write = (words: string) => {
    written.value = new Map(written.value).set(chat.id, words);
  };
  const send = () => {
    if (text.trim() === '' || !chat.chat.value) return;
    const quote = pendingQuote.value;
    void sendTurn(
      chat.id,
      { text, ...(quote ? { quote } : {}), ...(isBusy ? { whenBusy: whenBusy.value } : {}) },
      chat.newest.value?.seq ?? 0,
    );
    write('');
    pendingQuote.value = null;
  };
  useGrowing(box, text);

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {pendingQuote.value !== null && (
        <div class="quoting">
          <blockquote>{pendingQuote.value}</blockquote>
          <button
            type="button"
            class="icon-button"
            aria-label="Leave the quote out"
            onClick={() => (pendingQuote.value = null)}
          >
            ×
          </button>
        </div>
      )}
      <div class="composer-box">
        <label class="hidden" for="say">
          Message
        </label>
        <textarea
          id="say"
          ref={box}
          rows={1}
          placeholder="Say something…"
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        {holds && (
          <button
            type="button"
            class="button"
            onClick={() => tryOrNotify(() => post(`/v1/chats/${chat.id}/turns/cancel`))}
          >
            Stop
          </button>
        )}
        <button type="submit" class="button primary" disabled={text.trim() === ''}>
          Send
        </button>
      </div>
      {isBusy && (
        <label class="when-busy">
          <span>While somebody speaks:</span>
          <select value={whenBusy.value} onChange={(event) => (whenBusy.value = event.currentTarget.value as WhenBusy)}>
            {choices.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      )}
    </form>
  );
}

/** As high as what is written in it, up to the style sheet's bound. */
function useGrowing(box: { current: HTMLTextAreaElement | null }, text: string) {
  useLayoutEffect(() => {
    if (!box.current) return;
    box.current.style.height = 'auto';
    box.current.style.height = `${box.current.scrollHeight + 2}px`;
  }, [text]);
}
