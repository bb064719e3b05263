import { useState } from 'preact/hooks';
import type { Chat, ChatKind } from '../../client/src/index.js';
import { chats, libraryFailure, titleOf, you } from '../data/library.js';
import { currentChatId } from '../data/route.js';
import { formatTime } from './format.js';

type SidebarProps = { onNewChat(): void; onCharacters(): void; onProfile(): void; onChosen(): void };

/** From this number of chats on, the list has a search box. */
const searchFrom = 9;

/** The list of chats, newest first, and links to the rest of the service. */
export function Sidebar({ onNewChat, onCharacters, onProfile, onChosen }: SidebarProps) {
  const [search, setSearch] = useState('');
  const all = chats.value ?? [];
  const found = all.filter((chat) => titleOf(chat).toLowerCase().includes(search.trim().toLowerCase()));
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
      {all.length >= searchFrom && (
        <input
          type="search"
          placeholder="Search chats"
          aria-label="Search chats"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <nav class="chats" aria-label="Chats">
        {found.map((chat) => (
          <ChatLink key={chat.id} chat={chat} onChosen={onChosen} />
        ))}
        {libraryFailure.value && <p class="failure">{libraryFailure.value}</p>}
        {chats.value?.length === 0 && <p class="empty">No chats yet.</p>}
        {all.length > 0 && found.length === 0 && <p class="empty">No chats found.</p>}
      </nav>
      <footer class="sidebar-foot">
        <button type="button" class="quiet" onClick={onCharacters}>
          Characters
        </button>
        <button type="button" class="quiet" onClick={onProfile}>
          Your profile: {you.value?.name ?? '…'}
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

const kindLabels: Record<ChatKind, string> = {
  narrative: 'Role-play',
  document: 'Document',
  agent: 'Agent',
  relay: 'Relay',
};

function ChatLink({ chat, onChosen }: { chat: Chat; onChosen(): void }) {
  const isCurrent = currentChatId.value === chat.id;
  return (
    <a href={`#${chat.id}`} class="chat-link" aria-current={isCurrent ? 'page' : undefined} onClick={onChosen}>
      <span class="chat-title">{titleOf(chat)}</span>
      <span class="chat-kind">
        {kindLabels[chat.kind]} · {formatTime(chat.createdAt)}
      </span>
    </a>
  );
}
