import { useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { RenameDialog } from '../chat/renameDialog.js';
import { characters } from '../data/characters.js';
import { chats, deleteChat, nameOf, titleOf } from '../data/library.js';
import { replaceRoute } from '../data/route.js';
import { ConfirmDialog } from '../dialogs/confirmDialog.js';

/** The title of the open chat, with its participants, and the menu to rename and delete it. */
export function ChatTitle({ resource }: { resource: Chat }) {
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const listed = chats.value?.find(({ id }) => id === resource.id) ?? resource;
  const close = () => setDialog(null);
  return (
    <div class="chat-names">
      <h2>{titleOf(listed)}</h2>
      <p class="hint">{subtitleOf(resource)}</p>
      <div class="chat-menu">
        <button type="button" class="quiet" onClick={() => setDialog('rename')}>
          Rename
        </button>
        <button type="button" class="quiet" onClick={() => setDialog('delete')}>
          Delete
        </button>
      </div>
      {dialog === 'rename' && <RenameDialog chat={listed} onClose={close} />}
      {dialog === 'delete' && (
        <ConfirmDialog
          title="Delete this chat?"
          message="The chat and everything in it will be deleted. You can’t undo this."
          action="Delete"
          danger
          onConfirm={async () => {
            await deleteChat(resource.id);
            replaceRoute(chats.value?.[0]?.id ?? null);
          }}
          onClose={close}
        />
      )}
    </div>
  );
}

function subtitleOf(chat: Chat): string {
  switch (chat.kind) {
    case 'narrative':
      return characters.value.length === 0
        ? ''
        : ['You', ...[chat.hostId, chat.guestId].flatMap((id) => (id ? [nameOf(id)] : []))].join(', ');
    case 'document':
      return 'Chat about a document';
    case 'agent': {
      const { model } = chat.settings;
      return model ? `Agent with tools, ${model}` : 'Agent with tools';
    }
    case 'relay':
      return 'Answered by another chat service';
  }
}
