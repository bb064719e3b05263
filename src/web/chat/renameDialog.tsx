import { useState } from 'preact/hooks';
import { attempt } from '../attempt.js';
import { Dialog } from '../dialog.js';
import { renameChat, titleOf } from '../library.js';
import type { Chat } from '../resources.js';

export function RenameDialog({ chat, onClose }: { chat: Chat; onClose(): void }) {
  const [title, setTitle] = useState(chat.title ?? '');
  const save = async () => {
    if (await attempt(() => renameChat(chat.id, title.trim() === '' ? null : title.trim()))) onClose();
  };
  return (
    <Dialog title="Rename the chat" onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <label class="field">
          Title
          <input
            value={title}
            maxLength={200}
            placeholder={titleOf({ ...chat, title: null })}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </label>
        <div class="row end">
          <button type="submit" class="button primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
