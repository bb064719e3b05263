import { useRef, useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { importChat } from '../data/chatFiles.js';
import { chats, libraryFailure, loadLibrary, nameOf, titleOf, you } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { isDeveloper } from '../data/preferences.js';
import { currentChatId, navigateTo } from '../data/route.js';
import { t } from '../strings/strings.js';
import { FoundTexts } from './chatSearch.js';

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
          {t().sidebar.newChat}
        </button>
      </div>
      {all.length > 0 && (
        <input
          type="search"
          placeholder={t().sidebar.search}
          aria-label={t().sidebar.search}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <nav class="chats" aria-label={t().sidebar.chats}>
        {found.map((chat) => (
          <ChatLink key={chat.id} chat={chat} onChosen={onChosen} />
        ))}
        {libraryFailure.value && <p class="failure">{libraryFailure.value}</p>}
        {chats.value?.length === 0 && <p class="empty">{t().sidebar.noChats}</p>}
        {all.length > 0 && found.length === 0 && <p class="empty">{t().sidebar.noneFound}</p>}
        {query !== '' && <FoundTexts query={query} onChosen={onChosen} />}
      </nav>
      <footer class="sidebar-foot">
        <button type="button" class="quiet" onClick={onCharacters}>
          {t().sidebar.characters}
        </button>
        <ImportButton onImported={onChosen} />
        <button type="button" class="quiet" onClick={onProfile}>
          {t().sidebar.profile(you.value ? nameOf('you') : '…')}
        </button>
        <button type="button" class="quiet" onClick={onSettings}>
          {t().common.settings}
        </button>
        {isDeveloper() && (
          <>
            <a class="quiet" href="/docs">
              {t().sidebar.api}
            </a>
            <a class="quiet" href="/metrics">
              {t().sidebar.metrics}
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
        {t().sidebar.import}
      </button>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label={t().sidebar.importFile}
        accept=".jsonl,.ndjson,application/x-ndjson"
        onChange={(event) => void load(event.currentTarget.files?.[0])}
      />
    </>
  );
}

const kindOf = ({ kind, settings }: Chat) =>
  t().sidebar.kinds[kind === 'agent' && settings.enabledTools?.length === 0 ? 'assistant' : kind];

function ChatLink({ chat, onChosen }: { chat: Chat; onChosen(): void }) {
  const isCurrent = currentChatId.value === chat.id;
  return (
    <a href={`#${chat.id}`} class="chat-link" aria-current={isCurrent ? 'page' : undefined} onClick={onChosen}>
      <span class="chat-title">{titleOf(chat)}</span>
      <span class="chat-kind">
        {chat.forkedFrom ? `${t().sidebar.fork} · ` : ''}
        {kindOf(chat)} · {t().formats.time(chat.updatedAt)}
      </span>
    </a>
  );
}
