import { useRef, useState } from 'preact/hooks';
import type { Chat, ChatKind } from '../../client/src/index.js';
import { importChat } from '../data/chatFiles.js';
import { chats, libraryFailure, loadLibrary, titleOf, you } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { isDeveloper } from '../data/preferences.js';
import { currentChatId, navigateTo } from '../data/route.js';
import { FoundTexts } from './chatSearch.js';
import { formatTime } from './format.js';

type SidebarProps = {
  onNewChat(): void;
  onCharacters(): void;
  onProfile(): void;
  onSettings(): void;
  onChosen(): void;
};

/** The list of chats, the one with the newest event first, and links to the rest of the service. */
export function Sidebar({ onNewChat, onCharacters, onProfile, onSettings, onChosen }: SidebarProps) {
  const [search, setSearch] = useState('');
  const all = chats.value ?? [];
  const query = search.trim();
  const found = all.filter((chat) => titleOf(chat).toLowerCase().includes(query.toLowerCase()));
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
      {all.length > 0 && (
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
        {query !== '' && <FoundTexts query={query} onChosen={onChosen} />}
      </nav>
      <footer class="sidebar-foot">
        <button type="button" class="quiet" onClick={onCharacters}>
          Characters
        </button>
        <ImportButton onImported={onChosen} />
        <button type="button" class="quiet" onClick={onProfile}>
          Your profile: {you.value?.name ?? '…'}
        </button>
        <button type="button" class="quiet" onClick={onSettings}>
          Settings
        </button>
        {isDeveloper() && (
          <>
            <a class="quiet" href="/docs">
              API
            </a>
            <a class="quiet" href="/metrics">
              Metrics
            </a>
          </>
        )}
      </footer>
    </>
  );
}

/** A file that was exported becomes a chat, which is opened. */
function ImportButton({ onImported }: { onImported(): void }) {
  const input = useRef<HTMLInputElement>(null);
  const load = async (file: File | undefined) => {
    if (!file) return;
    await tryOrNotify(async () => {
      const chat = await importChat(file);
      await loadLibrary();
      navigateTo(chat.id);
      onImported();
    });
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        Import a chat
      </button>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label="File of an exported chat"
        accept=".jsonl,.ndjson,application/x-ndjson"
        onChange={(event) => void load(event.currentTarget.files?.[0])}
      />
    </>
  );
}

const kindOf = ({ kind, settings }: Chat) =>
  kind === 'agent' && settings.enabledTools?.length === 0 ? 'Assistant' : kindLabels[kind];

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
        {chat.forkedFrom ? 'Fork · ' : ''}
        {kindOf(chat)} · {formatTime(chat.updatedAt)}
      </span>
    </a>
  );
}
