import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Chat } from '../../../client/src/index.js';
import { client, withKeyPrompt } from '../../data/api.js';
import { draftOf, setDraft } from '../../data/composerDrafts.js';
import { notify } from '../../data/notices.js';
import { Icon, type IconName } from '../../parts/icon.js';
import { messageOf } from '../../strings/errors.js';
import { t } from '../../strings/strings.js';
import { focusComposer } from './focusComposer.js';

/** The chat for which a model writes the user's next message, and how that is cancelled. */
const writing = signal<{ chatId: string; stop: AbortController } | null>(null);
/** What a model wrote last, and the text whose place it took. */
const replaced = signal<{ chatId: string; before: string; written: string } | null>(null);

/** Has the next message written. What is in the message box is the hint, and can be brought back. */
async function write(chatId: string): Promise<void> {
  const stop = new AbortController();
  writing.value?.stop.abort();
  writing.value = { chatId, stop };
  try {
    const hint = draftOf(chatId).trim().slice(0, 4_000);
    const options = { signal: stop.signal };
    const written = await withKeyPrompt(client.impersonate(chatId, hint === '' ? {} : { hint }, options));
    replaced.value = { chatId, before: draftOf(chatId), written };
    setDraft(chatId, written);
    focusComposer();
  } catch (error) {
    if (!stop.signal.aborted) notify(messageOf(error), true);
  } finally {
    if (writing.peek()?.stop === stop) writing.value = null;
  }
}

/** The button that has the next message of the user written, or stops that. */
export function WriteReplyButton({ chat }: { chat: Chat | null }) {
  if (chat?.kind !== 'narrative' && chat?.kind !== 'agent') return null;
  const current = writing.value?.chatId === chat.id ? writing.value : null;
  return current ? (
    <Stop stop={() => current.stop.abort()} />
  ) : (
    <ComposerAction icon="write" label={t().composer.writeReply} onClick={() => void write(chat.id)} />
  );
}

/** While a message is written, Escape stops that and not the running reply. */
function Stop({ stop }: { stop: () => void }) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.shiftKey || event.defaultPrevented) return;
      event.preventDefault();
      stop();
    };
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [stop]);
  return <ComposerAction icon="stop" label={t().composer.stopWriting} onClick={stop} />;
}

type ComposerActionProps = { icon: IconName; label: string; onClick(): void };

/** As high as the message box, as the button that attaches files. */
const ComposerAction = ({ icon, label, onClick }: ComposerActionProps) => (
  <button type="button" class="icon-button attach" aria-label={label} title={label} onClick={onClick}>
    <Icon name={icon} />
  </button>
);

/** Says that a message is written, and brings back the text whose place a written one took. */
export function WriteReplyHint({ chatId }: { chatId: string }) {
  if (writing.value?.chatId === chatId)
    return (
      <p class="hint" role="status">
        {t().composer.writing}
      </p>
    );
  const last = replaced.value;
  if (last?.chatId !== chatId || draftOf(chatId) !== last.written) return null;
  const undo = () => {
    setDraft(chatId, last.before);
    replaced.value = null;
    focusComposer();
  };
  return (
    <p class="hint" role="status">
      {t().composer.written}{' '}
      <button type="button" class="quiet" onClick={undo}>
        {t().common.undo}
      </button>
    </p>
  );
}
