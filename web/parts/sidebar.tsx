import { useState } from 'preact/hooks';
import type { Chat, ChatKind } from '../../client/src/index.js';
import { chats, libraryFailure, titleOf, you } from '../data/library.js';
import { currentChatId } from '../data/route.js';
import { formatTime } from './labels.js';

type SidebarProps = { onNewChat(): void; onYou(): void; onChosen(): void };

/** From so many chats on, a box to find one by its title. */
const manyChats = 8;

/** The chats, newest first, and the way to the rest of the service. */
export function Sidebar({ onNewChat, onYou, onChosen }: SidebarProps) {
  const [wanted, setWanted] = useState('');
  const all = chats.value ?? [];
  const found = all.filter((chat) => titleOf(chat).toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <>
      <div class="sidebar-head">
        <h1>
          <img src="/icon.svg" alt="" width="22" height="22" /> durable-turns
        </h1>
        <button type="button" class="button" onClick={onNewChat}>
          New chat
        </button>
      </div>
      {all.length > manyChats && (
        <input
          type="search"
          placeholder="Find a chat"
          aria-label="Find a chat"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      <nav class="chats" aria-label="Chats">
        {found.map((chat) => (
          <ChatLink key={chat.id} chat={chat} onChosen={onChosen} />
        ))}
        {libraryFailure.value && <p class="failure">{libraryFailure.value}</p>}
        {chats.value?.length === 0 && <p class="empty">There is no chat yet. Begin one.</p>}
        {all.length > 0 && found.length === 0 && <p class="empty">No chat is called that.</p>}
      </nav>
      <footer class="sidebar-foot">
        <button type="button" class="quiet" onClick={onYou}>
          You are {you.value?.name ?? '…'}
        </button>
        <a class="quiet" href="/docs">
          API
        </a>
        <a class="quiet" href="/metrics">
          Metrics
        </a>
      </footer>
    </>
  );
}

const kindWords: Record<ChatKind, string> = {
  narrative: 'Role-play',
  document: 'Document',
  agent: 'Agent',
  relay: 'Relay',
};

function ChatLink({ chat, onChosen }: { chat: Chat; onChosen(): void }) {
  const isChosen = currentChatId.value === chat.id;
  return (
    <a href={`#${chat.id}`} class="chat-link" aria-current={isChosen ? 'page' : undefined} onClick={onChosen}>
      <span class="chat-title">{titleOf(chat)}</span>
      <span class="chat-kind">
        {kindWords[chat.kind]} · {formatTime(chat.createdAt)}
      </span>
    </a>
  );
}
