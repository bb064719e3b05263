import { useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { characters } from '../data/characters.js';
import { exportChat } from '../data/chatFiles.js';
import { chats, deleteChat, nameOf, titleOf } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { replaceRoute } from '../data/route.js';
import { ConfirmDialog } from '../dialogs/confirmDialog.js';
import { AgentSettingsDialog, ChatSettingsDialog, RenameDialog } from '../dialogs/lazyDialogs.js';
import { t } from '../strings/strings.js';

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
          {t().chat.rename}
        </button>
        {resource.kind !== 'relay' && (
          <button type="button" aria-label={t().chat.settings} class="quiet" onClick={() => setDialog('settings')}>
            {t().common.settings}
          </button>
        )}
        <button type="button" class="quiet" onClick={() => tryOrNotify(() => exportChat(resource.id, titleOf(listed)))}>
          {t().common.export}
        </button>
        <button type="button" class="quiet" onClick={() => setDialog('delete')}>
          {t().common.delete}
        </button>
      </div>
      {dialog === 'rename' && <RenameDialog chat={listed} onClose={close} />}
      {dialog === 'settings' && resource.kind === 'agent' && <AgentSettingsDialog chat={resource} onClose={close} />}
      {dialog === 'settings' && resource.kind !== 'agent' && <ChatSettingsDialog chat={resource} onClose={close} />}
      {dialog === 'delete' && (
        <ConfirmDialog
          title={t().chat.deleteTitle}
          message={t().chat.deleteMessage}
          action={t().common.delete}
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
        : [t().common.you, ...[chat.hostId, chat.guestId].flatMap((id) => (id ? [nameOf(id)] : []))].join(', ');
    case 'document':
      return t().chat.aboutDocument;
    case 'agent': {
      const { model, enabledTools } = chat.settings;
      const answers = model ?? answering ?? t().chat.defaultModel;
      return enabledTools?.length === 0 ? t().chat.answeredBy(answers) : t().chat.agentBy(answers);
    }
    case 'relay':
      return t().chat.relayed;
  }
}
