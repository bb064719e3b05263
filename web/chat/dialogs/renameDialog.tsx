import { useState } from 'preact/hooks';
import type { Chat } from '../../../client/src/index.js';
import { renameChat, titleOf } from '../../data/library.js';
import { tryOrNotify } from '../../data/notices.js';
import { Dialog } from '../../parts/dialog.js';
import { t } from '../../strings/strings.js';

export function RenameDialog({ chat, onClose }: { chat: Chat; onClose(): void }) {
  const [title, setTitle] = useState(chat.title ?? '');
  const save = async () => {
    if (await tryOrNotify(() => renameChat(chat.id, title.trim() === '' ? null : title.trim()))) onClose();
  };
  return (
    <Dialog title={t().chat.renameTitle} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <label class="field">
          {t().common.title}
          <input
            value={title}
            maxLength={200}
            placeholder={titleOf({ ...chat, title: null })}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </label>
        <div class="row end">
          <button type="submit" class="button primary">
            {t().common.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
