import { useEffect, useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { Composer } from '../chat/composer.js';
import { RenameDialog } from '../chat/renameDialog.js';
import { Transcript } from '../chat/transcript.js';
import { characters } from '../data/characters.js';
import type { Connection } from '../data/connection.js';
import { chats, deleteChat, loadLibrary, nameOf, titleOf } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { replaceRoute } from '../data/route.js';
import { ConfirmDialog } from '../dialogs/confirmDialog.js';
import { Announcements } from './announcements.js';

type ChatViewProps = { chat: OpenChat; onChats(): void; onPanel(): void; isPanelOpen: boolean };

/** One chat: who is there and how the connection is, what was said, and where one says something. */
export function ChatView({ chat, onChats, onPanel, isPanelOpen }: ChatViewProps) {
  const resource = chat.chat.value;
  const failure = chat.failure.value;
  useTabTitle(resource);
  useKnownPeople(resource);
  return (
    <>
      <header class="chat-head">
        <button type="button" class="icon-button only-narrow" aria-label="Chats" onClick={onChats}>
          ☰
        </button>
        {resource ? <ChatTitle resource={resource} /> : <div class="chat-names" />}
        {!failure && (
          <>
            <ConnectionMark connection={chat.connection.value} />
            <button type="button" class="button" aria-expanded={isPanelOpen} aria-controls="panel" onClick={onPanel}>
              {resource?.kind === 'document' ? 'Document' : 'About'}
            </button>
          </>
        )}
      </header>
      {failure ? (
        <NotThere why={failure} />
      ) : resource ? (
        <Transcript key={chat.id} chat={chat} resource={resource} />
      ) : (
        <div class="transcript" aria-busy="true">
          <p class="empty">Reading the chat…</p>
        </div>
      )}
      {!failure && <Composer chat={chat} />}
      <Announcements chat={chat} />
    </>
  );
}

/** Of a chat that can't be shown: why, and the way to one that can. */
function NotThere({ why }: { why: string }) {
  const newest = chats.value?.[0];
  return (
    <div class="transcript">
      <div class="empty">
        <p role="alert">{why}</p>
        {newest && (
          <p>
            <a href={`#${newest.id}`}>Open the newest chat: {titleOf(newest)}</a>
          </p>
        )}
      </div>
    </div>
  );
}

function useTabTitle(resource: Chat | null): void {
  const title = resource ? titleOf(resource) : null;
  useEffect(() => {
    document.title = title ? `${title} · durable-turns` : 'durable-turns';
  }, [title]);
}

/** Who came in since the characters were read is read too. */
function useKnownPeople(resource: Chat | null): void {
  const { hostId = null, guestId = null } = resource ?? {};
  useEffect(() => {
    const known = characters.peek();
    const isKnown = (id: string | null) => id === null || known.some((character) => character.id === id);
    if (chats.peek() !== null && !(isKnown(hostId) && isKnown(guestId))) void loadLibrary();
  }, [hostId, guestId]);
}

function ChatTitle({ resource }: { resource: Chat }) {
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null);
  const known = chats.value?.find(({ id }) => id === resource.id) ?? resource;
  return (
    <div class="chat-names">
      <h2>{titleOf(known)}</h2>
      <p class="hint">{whoIsThere(resource)}</p>
      <div class="chat-menu">
        <button type="button" class="quiet" onClick={() => setAsked('rename')}>
          Rename
        </button>
        <button type="button" class="quiet" onClick={() => setAsked('delete')}>
          Delete
        </button>
      </div>
      {asked === 'rename' && <RenameDialog chat={known} onClose={() => setAsked(null)} />}
      {asked === 'delete' && (
        <ConfirmDialog
          title="Delete this chat?"
          words="The chat and all that belongs to it are deleted, and can not be brought back."
          action="Delete"
          danger
          onConfirm={async () => {
            await tryOrNotify(() => deleteChat(resource.id));
            replaceRoute(chats.value?.[0]?.id ?? null);
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}

function whoIsThere({ kind, hostId, guestId, settings }: Chat): string {
  switch (kind) {
    case 'narrative':
      return characters.value.length === 0
        ? ''
        : ['You', ...[hostId, guestId].flatMap((id) => (id ? [nameOf(id)] : []))].join(', ');
    case 'document':
      return 'A chat about a document';
    case 'agent':
      return settings.model ? `An agent with tools, ${settings.model}` : 'An agent with tools';
    case 'relay':
      return 'Answered by another service';
  }
}

function ConnectionMark({ connection }: { connection: Connection }) {
  const words = connection.state === 'refused' ? connection.why : connectionWords[connection.state];
  return (
    <p class={`connection ${connection.state}`} role="status">
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-words">{words}</span>
    </p>
  );
}

const connectionWords = {
  connecting: 'Connecting…',
  open: 'Live',
  lost: 'Reconnecting…',
} as const;
