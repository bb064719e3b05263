import { useEffect } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { Composer } from '../chat/composer/composer.js';
import { Transcript } from '../chat/transcript/transcript.js';
import { characters } from '../data/characters.js';
import { chats, loadLibrary, takeTitle, titleOf } from '../data/library.js';
import type { Connection } from '../data/stream/connection.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { unseenReplies } from '../data/stream/replyNotices.js';
import { t } from '../strings/strings.js';
import type { Timeline } from '../timeline/timeline.js';
import { Announcements } from './announcements.js';
import { ChatTitle } from './chatTitle.js';

type ChatViewProps = { chat: OpenChat; onChats(): void; onPanel(): void; isPanelOpen: boolean };

/** The open chat: title and connection, messages, composer. */
export function ChatView({ chat, onChats, onPanel, isPanelOpen }: ChatViewProps) {
  const resource = chat.chat.value;
  const failure = chat.failure.value;
  useTabTitle(resource);
  useListedCharacters(resource);
  useListedTitle(resource);
  return (
    <>
      <header class="chat-head">
        <button type="button" class="icon-button only-narrow" aria-label={t().sidebar.chats} onClick={onChats}>
          ☰
        </button>
        {resource ? (
          <ChatTitle resource={resource} answering={modelOf(chat.timeline.value)} />
        ) : (
          <div class="chat-names" />
        )}
        {!failure && (
          <>
            <ConnectionStatus connection={chat.connection.value} />
            <button type="button" class="button" aria-expanded={isPanelOpen} aria-controls="panel" onClick={onPanel}>
              {resource?.kind === 'document' ? t().common.document : t().chat.info}
            </button>
          </>
        )}
      </header>
      {failure ? (
        <ChatUnavailable reason={failure} />
      ) : resource ? (
        <Transcript key={chat.id} chat={chat} resource={resource} />
      ) : (
        <div class="transcript" aria-busy="true">
          <p class="empty">{t().chat.loading}</p>
        </div>
      )}
      {!failure && <Composer chat={chat} />}
      <Announcements chat={chat} />
    </>
  );
}

/** The model of the newest reply that is loaded. */
const modelOf = ({ exchanges }: Timeline): string | null =>
  [...exchanges.values()].findLast(({ beats }) => beats.length > 0)?.beats.at(-1)?.model ?? null;

/** Why a chat can't be shown, and a link to the latest one. */
function ChatUnavailable({ reason }: { reason: string }) {
  const latest = chats.value?.[0];
  return (
    <div class="transcript">
      <div class="empty">
        <p role="alert">{reason}</p>
        {latest && (
          <p>
            <a href={`#${latest.id}`}>{t().chat.openLatest(titleOf(latest))}</a>
          </p>
        )}
      </div>
    </div>
  );
}

function useTabTitle(resource: Chat | null): void {
  const title = resource ? titleOf(resource) : null;
  const unseen = unseenReplies.value;
  useEffect(() => {
    const badge = unseen > 0 ? `(${unseen}) ` : '';
    document.title = `${badge}${title ? `${title} · durable-turns` : 'durable-turns'}`;
  }, [title, unseen]);
}

/** Reads the lists again when a character of the chat was created after they were read. */
function useListedCharacters(resource: Chat | null): void {
  const { hostId = null, guestId = null } = resource ?? {};
  useEffect(() => {
    const listed = characters.peek();
    const isListed = (id: string | null) => id === null || listed.some((character) => character.id === id);
    if (chats.peek() !== null && !(isListed(hostId) && isListed(guestId))) void loadLibrary();
  }, [hostId, guestId]);
}

/** Shows in the list of chats what the service named the chat. */
function useListedTitle(resource: Chat | null): void {
  useEffect(() => {
    if (resource) takeTitle(resource);
  }, [resource]);
}

function ConnectionStatus({ connection }: { connection: Connection }) {
  return (
    <p class={`connection ${connection.state}`} role="status">
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-label">{connectionText(connection)}</span>
    </p>
  );
}

function connectionText(connection: Connection): string {
  switch (connection.state) {
    case 'connecting':
      return t().chat.connecting;
    case 'open':
      return t().chat.connected;
    case 'lost':
      return t().chat.reconnecting;
    case 'refused':
      return t().chat.ends[connection.why];
  }
}
