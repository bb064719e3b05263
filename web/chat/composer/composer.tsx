import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { NewTurn } from '../../../client/src/index.js';
import { draftOf, setDraft } from '../../data/composerDrafts.js';
import { moveToTop, nameProvisionally } from '../../data/library.js';
import { tryOrNotify } from '../../data/notices.js';
import { sendTurn } from '../../data/outbox.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { clearFiles, stagedFiles } from '../../data/uploads.js';
import { pendingQuote } from '../../documents/pendingQuote.js';
import { t } from '../../strings/strings.js';
import { editRequest } from '../messages/pendingEdits.js';
import { offerComposer } from './focusComposer.js';
import { AttachButton, pasteFiles, StagedFiles, useDroppedFiles } from './stagedFiles.js';
import { WriteReplyButton, WriteReplyHint } from './writeReply.js';

type WhenBusy = NonNullable<NewTurn['whenBusy']>;
const whenBusy = signal<WhenBusy>('enqueue');

const whenBusyOptions: readonly WhenBusy[] = ['enqueue', 'interrupt', 'rollback', 'reject'];

/** The message box. Enter sends, Shift+Enter starts a new line. */
export function Composer({ chat }: { chat: OpenChat }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const text = draftOf(chat.id);
  const isBusy = chat.isBusy.value;
  const setText = (typed: string) => setDraft(chat.id, typed);
  const files = stagedFiles(chat.id);
  const isDropping = useDroppedFiles(chat.id);
  const canSend = text.trim() !== '' && files.every(({ state }) => state.is === 'uploaded');
  const send = () => {
    if (!canSend || !chat.chat.value) return;
    const attachments = files.flatMap(({ state }) => (state.is === 'uploaded' ? [state.attachment.id] : []));
    const quote = pendingQuote.value;
    void sendTurn(
      chat.id,
      {
        text,
        ...(quote ? { quote } : {}),
        ...(attachments.length > 0 ? { attachments } : {}),
        ...(isBusy ? { whenBusy: whenBusy.value } : {}),
      },
      chat.newest.value?.seq ?? 0,
    );
    setText('');
    clearFiles(chat.id);
    moveToTop(chat.id);
    nameAfter(chat, text);
    pendingQuote.value = null;
    offerComposer();
  };
  useEffect(offerComposer, [chat.id]);
  useAutoHeight(box, text);

  return (
    <form
      class={isDropping ? 'composer dropping' : 'composer'}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <QuotePreview />
      <StagedFiles chatId={chat.id} />
      <div class="composer-box">
        <AttachButton chatId={chat.id} />
        <WriteReplyButton chat={chat.chat.value} />
        <label class="hidden" for="composer-text">
          {t().composer.label}
        </label>
        <textarea
          id="composer-text"
          ref={box}
          rows={1}
          dir="auto"
          placeholder={t().composer.placeholder}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onPaste={(event) => pasteFiles(chat.id, event)}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            if (event.key === 'ArrowUp' && text === '' && !isBusy) {
              event.preventDefault();
              editRequest.value = chat.id;
            }
            if (event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            send();
          }}
        />
        {chat.holdsFloor.value && <StopButton chatId={chat.id} />}
        <button type="submit" class="button primary" disabled={!canSend}>
          {t().composer.send}
        </button>
      </div>
      <WriteReplyHint chatId={chat.id} />
      {files.length > 0 && text.trim() === '' && <p class="hint">{t().composer.filesOnly}</p>}
      {isBusy && <WhenBusySelect />}
    </form>
  );
}

/** How long a title is that is taken from a message, in UTF-16 code units. */
const titleLength = 60;

/** A chat with an assistant that has no title is named after the first message. */
function nameAfter({ id, chat, timeline, hasOlder }: OpenChat, text: string): void {
  const isFirst = timeline.value.exchanges.size === 0 && !hasOlder.value;
  if (chat.value?.kind !== 'agent' || chat.value.title !== null || !isFirst) return;
  const line = text.trim().split('\n')[0]!.trim();
  const title =
    line.length <= titleLength
      ? line
      : `${line
          .slice(0, titleLength - 1)
          .toWellFormed()
          .trimEnd()}…`;
  void tryOrNotify(() => nameProvisionally(id, title));
}

function QuotePreview() {
  if (pendingQuote.value === null) return null;
  return (
    <div class="quote-preview">
      <blockquote>{pendingQuote.value}</blockquote>
      <button
        type="button"
        class="icon-button"
        aria-label={t().composer.removeQuote}
        onClick={() => {
          pendingQuote.value = null;
        }}
      >
        ×
      </button>
    </div>
  );
}

function StopButton({ chatId }: { chatId: string }) {
  const stop = () => tryOrNotify(() => service.cancelActiveTurn(chatId));
  return (
    <button type="button" class="button" title={t().composer.stopTitle} onClick={stop}>
      {t().composer.stop}
    </button>
  );
}

function WhenBusySelect() {
  return (
    <label class="when-busy">
      <span>{t().composer.whenBusy}</span>
      <select
        value={whenBusy.value}
        onChange={(event) => {
          whenBusy.value = event.currentTarget.value as WhenBusy;
        }}
      >
        {whenBusyOptions.map((value) => (
          <option key={value} value={value}>
            {t().composer.whenBusyOptions[value]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Grows the box with its text, up to the maximum height in the style sheet. */
function useAutoHeight(box: { current: HTMLTextAreaElement | null }, text: string) {
  useLayoutEffect(() => {
    if (!box.current) return;
    box.current.style.height = 'auto';
    box.current.style.height = `${box.current.scrollHeight + 2}px`;
  }, [text]);
}
