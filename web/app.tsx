import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Chat } from '../client/src/index.js';
import { useShortcuts } from './chat/dialogs/shortcuts.js';
import { isKeyRequested } from './data/api.js';
import { loadFacts } from './data/facts.js';
import { chats, loadLibrary, loadTools, putChat } from './data/library.js';
import { resendStored } from './data/outbox.js';
import { currentChatId, navigateTo, replaceRoute } from './data/route.js';
import { type OpenChat, openChat } from './data/stream/openChat.js';
import { watchReplies } from './data/stream/replyNotices.js';
import {
  LibraryDialog,
  loadDialogs,
  NewChatDialog,
  ProfileDialog,
  SettingsDialog,
  ShortcutsDialog,
} from './dialogs/lazyDialogs.js';
import { pendingQuote } from './documents/pendingQuote.js';
import { Panel } from './panel/panel.js';
import { ChatView } from './parts/chatView.js';
import { KeyDialog } from './parts/keyDialog.js';
import { NoticeList } from './parts/noticeList.js';
import { Sidebar } from './parts/sidebar.js';
import { loadErrorWords, t } from './strings/strings.js';

/** From this width on the panel stands beside the chat, and does not cover it. */
const wideScreen = matchMedia('(min-width: 68rem)');

export function App() {
  const [keyVersion, setKeyVersion] = useState(0);
  const [dialog, setDialog] = useState<'new' | 'profile' | 'characters' | 'settings' | 'shortcuts' | null>(null);
  const [drawer, setDrawer] = useState<'chats' | 'panel' | null>(wideScreen.matches ? 'panel' : null);
  const chat = useOpenChat(keyVersion);
  const showsPanel = drawer === 'panel' && chat !== null && chat.failure.value === null;

  useEffect(() => {
    void loadLibrary().then(loadRest);
    loadTools().catch(() => undefined);
    loadFacts().catch(() => undefined);
    resendStored();
  }, [keyVersion]);
  const close = () => setDrawer((open) => (wideScreen.matches && open === 'panel' ? open : null));
  const openNewChat = (created: Chat) => {
    putChat(created);
    navigateTo(created.id);
    setDialog(null);
    close();
  };
  useFirstChat();
  useLibraryRefresh();
  usePendingQuote(close);
  const showNew = useCallback(() => setDialog('new'), []);
  const showShortcuts = useCallback(() => setDialog('shortcuts'), []);
  useShortcuts({ chat, onShortcuts: showShortcuts, onNewChat: showNew });
  useEffect(() => (chat ? watchReplies(chat) : undefined), [chat]);

  return (
    <div class={`page ${drawer === 'chats' || showsPanel ? `${drawer}-open` : ''}`}>
      <aside class="sidebar" aria-label={t().sidebar.label}>
        <Sidebar
          onNewChat={showNew}
          onCharacters={() => setDialog('characters')}
          onProfile={() => setDialog('profile')}
          onSettings={() => setDialog('settings')}
          onChosen={close}
        />
      </aside>
      <main class="chat" data-chat={chat?.id}>
        {chat ? (
          <ChatView
            chat={chat}
            onChats={() => setDrawer('chats')}
            onPanel={() => setDrawer(drawer === 'panel' ? null : 'panel')}
            isPanelOpen={drawer === 'panel'}
          />
        ) : (
          <Welcome onNewChat={() => setDialog('new')} />
        )}
      </main>
      {showsPanel && (
        <aside id="panel" class="panel" aria-label={t().chat.panel}>
          <button
            type="button"
            class="icon-button panel-close"
            aria-label={t().common.close}
            onClick={() => setDrawer(null)}
          >
            ×
          </button>
          {chat.chat.value && <Panel key={chat.id} chat={chat} />}
        </aside>
      )}
      {(drawer === 'chats' || showsPanel) && (
        <button type="button" class="scrim" aria-label={t().common.close} onClick={() => setDrawer(null)} />
      )}
      {dialog === 'new' && <NewChatDialog onClose={() => setDialog(null)} onCreated={openNewChat} />}
      {dialog === 'characters' && <LibraryDialog onClose={() => setDialog(null)} onChat={openNewChat} />}
      {dialog === 'profile' && <ProfileDialog onClose={() => setDialog(null)} />}
      {dialog === 'settings' && <SettingsDialog onClose={() => setDialog(null)} onShortcuts={showShortcuts} />}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={() => setDialog(null)} />}
      {isKeyRequested.value && <KeyDialog onKey={() => setKeyVersion(keyVersion + 1)} />}
      <NoticeList />
    </div>
  );
}

/** What the page may need later: so that it is there when the service is not. */
function loadRest(): void {
  loadDialogs().catch(() => undefined);
  loadErrorWords().catch(() => undefined);
}

/** The chat in the page's address; opened again after the key has changed. */
function useOpenChat(keyVersion: number): OpenChat | null {
  const chatId = currentChatId.value;
  const [chat, setChat] = useState<OpenChat | null>(null);
  useEffect(() => {
    if (chatId === null) return setChat(null);
    const opened = openChat(chatId);
    const reconnect = () => document.hidden || opened.reconnect();
    setChat(opened);
    addEventListener('online', reconnect);
    document.addEventListener('visibilitychange', reconnect);
    return () => {
      removeEventListener('online', reconnect);
      document.removeEventListener('visibilitychange', reconnect);
      opened.close();
    };
  }, [chatId, keyVersion]);
  return chat;
}

/** Reads the lists again when the tab is shown again: other tabs and clients may have changed them. */
function useLibraryRefresh(): void {
  useEffect(() => {
    const refresh = () => document.hidden || void loadLibrary();
    document.addEventListener('visibilitychange', refresh);
    return () => document.removeEventListener('visibilitychange', refresh);
  }, []);
}

/** Closes a panel that covers the composer when the user quotes a passage, and drops the quote with its chat. */
function usePendingQuote(onQuoted: () => void): void {
  const chatId = currentChatId.value;
  const isQuoting = pendingQuote.value !== null;
  useEffect(() => {
    if (isQuoting) onQuoted();
  }, [isQuoting]);
  useEffect(
    () => () => {
      pendingQuote.value = null;
    },
    [chatId],
  );
}

/** Opens the newest chat when the page's address names none. */
function useFirstChat(): void {
  const first = chats.value?.[0]?.id;
  useEffect(() => {
    if (first && currentChatId.value === null) replaceRoute(first);
  }, [first]);
}

function Welcome({ onNewChat }: { onNewChat(): void }) {
  return (
    <div class="welcome">
      <h2>{t().sidebar.welcome}</h2>
      <p>{t().sidebar.promise}</p>
      {chats.value?.length === 0 && (
        <button type="button" class="button primary" onClick={onNewChat}>
          {t().sidebar.start}
        </button>
      )}
    </div>
  );
}
