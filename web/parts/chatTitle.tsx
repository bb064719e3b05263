import { useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { RenameDialog } from '../chat/dialogs/renameDialog.js';
import { characters } from '../data/characters.js';
import { exportChat } from '../data/chatFiles.js';
import { chats, deleteChat, nameOf, titleOf } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { replaceRoute } from '../data/route.js';
import { AgentSettingsDialog } from '../dialogs/agentSettingsDialog.js';
import { ChatSettingsDialog } from '../dialogs/chatSettingsDialog.js';
import { ConfirmDialog } from '../dialogs/confirmDialog.js';

/** The title of the open chat, with who answers in it, and its menu. `answering`: the model of the newest reply. */
export function ChatTitle({ resource, answering }: { resource: Chat; answering: string | null }) {
  const [dialog, setDialog] = useState<'rename' | 'settings' | 'delete' | null>(null);
  const listed = chats.value?.find(({ id }) => id === resource.id) ?? resource;
  const close = () => setDialog(null);
  return (
    <div class="chat-names">
      <h2>{titleOf(listed)}</h2>
      <p class="hint">{subtitleOf(resource, answering)}</p>
      <div class="chat-menu">
        <button type="button" class="quiet" onClick={() => setDialog('rename')}>
          Rename
        </button>
        {resource.kind !== 'relay' && (
          <button type="button" aria-label="Settings of this chat" class="quiet" onClick={() => setDialog('settings')}>
            Settings
          </button>
        )}
        <button type="button" class="quiet" onClick={() => tryOrNotify(() => exportChat(resource.id, titleOf(listed)))}>
          Export
        </button>
        <button type="button" class="quiet" onClick={() => setDialog('delete')}>
          Delete
        </button>
      </div>
      {dialog === 'rename' && <RenameDialog chat={listed} onClose={close} />}
      {dialog === 'settings' && resource.kind === 'agent' && <AgentSettingsDialog chat={resource} onClose={close} />}
      {dialog === 'settings' && resource.kind !== 'agent' && <ChatSettingsDialog chat={resource} onClose={close} />}
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

function subtitleOf(chat: Chat, answering: string | null): string {
  switch (chat.kind) {
    case 'narrative':
      return characters.value.length === 0
        ? ''
        : ['You', ...[chat.hostId, chat.guestId].flatMap((id) => (id ? [nameOf(id)] : []))].join(', ');
    case 'document':
      return 'Chat about a document';
    case 'agent': {
      const { model, enabledTools } = chat.settings;
      const answers = model ?? answering ?? 'the default model';
      return enabledTools?.length === 0 ? `Answered by ${answers}` : `Agent with tools, answered by ${answers}`;
    }
    case 'relay':
      return 'Answered by another chat service';
  }
}
