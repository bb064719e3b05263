import { useEffect, useState } from 'preact/hooks';
import { isKeyRequested } from './data/api.js';
import { chats, loadLibrary, loadTools, putChat } from './data/library.js';
import { type OpenChat, openChat } from './data/openChat.js';
import { resendStored } from './data/outbox.js';
import { currentChatId, navigateTo, replaceRoute } from './data/route.js';
import { YouDialog } from './dialogs/characterDialog.js';
import { NewChatDialog } from './dialogs/newChatDialog.js';
import { pendingQuote } from './documents/pendingQuote.js';
import { Panel } from './panel/panel.js';
import { ChatView } from './parts/chatView.js';
import { KeyDialog } from './parts/keyDialog.js';
import { NoticeList } from './parts/noticeList.js';
import { Sidebar } from './parts/sidebar.js';

/** Wider than this, in CSS pixels, the panel has a place of its own. */
const wide = matchMedia('(min-width: 68rem)');

export function App() {
  const [round, setRound] = useState(0);
  const [dialog, setDialog] = useState<'new' | 'you' | null>(null);
  const [drawer, setDrawer] = useState<'chats' | 'panel' | null>(wide.matches ? 'panel' : null);
  const chat = useOpenChat(round);
  const showsPanel = drawer === 'panel' && chat !== null && chat.failure.value === null;

  useEffect(() => {
    void loadLibrary();
    loadTools().catch(() => undefined);
    resendStored();
  }, [round]);
  const close = () => setDrawer((open) => (wide.matches && open === 'panel' ? open : null));
  useFirstChat();
  useFreshLibrary();
  useQuote(close);

  return (
    <div class={`page ${drawer === 'chats' || showsPanel ? `${drawer}-open` : ''}`}>
      <aside class="sidebar" aria-label="All chats">
        <Sidebar onNewChat={() => setDialog('new')} onYou={() => setDialog('you')} onChosen={close} />
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
        <aside id="panel" class="panel" aria-label="About this chat">
          <button type="button" class="icon-button panel-close" aria-label="Close" onClick={() => setDrawer(null)}>
            ×
          </button>
          {chat.chat.value && <Panel key={chat.id} chat={chat} />}
        </aside>
      )}
      {(drawer === 'chats' || showsPanel) && (
        <button type="button" class="scrim" aria-label="Close" onClick={() => setDrawer(null)} />
      )}
      {dialog === 'new' && (
        <NewChatDialog
          onClose={() => setDialog(null)}
          onCreated={(created) => {
            putChat(created);
            navigateTo(created.id);
            setDialog(null);
            close();
          }}
        />
      )}
      {dialog === 'you' && <YouDialog onClose={() => setDialog(null)} />}
      {isKeyRequested.value && <KeyDialog onKey={() => setRound(round + 1)} />}
      <NoticeList />
    </div>
  );
}

/** The chat that the address names. */
function useOpenChat(round: number): OpenChat | null {
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
  }, [chatId, round]);
  return chat;
}

/** What other tabs and clients made meanwhile is there when one comes back. */
function useFreshLibrary(): void {
  useEffect(() => {
    const look = () => document.hidden || void loadLibrary();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
}

/** A quote is of the chat that it was made in; where the panel lies over the composer, it makes way for it. */
function useQuote(onQuoted: () => void): void {
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

/** Where the address names no chat, the newest one is opened. */
function useFirstChat(): void {
  const first = chats.value?.[0]?.id;
  useEffect(() => {
    if (first && currentChatId.value === null) replaceRoute(first);
  }, [first]);
}

function Welcome({ onNewChat }: { onNewChat(): void }) {
  return (
    <div class="welcome">
      <h2>A chat turn that can’t be lost</h2>
      <p>
        Whatever is said here is kept before it is answered. Kill the worker, the api, Postgres or Temporal in the
        middle of a reply: it goes on.
      </p>
      {chats.value?.length === 0 && (
        <button type="button" class="button primary" onClick={onNewChat}>
          Begin a chat
        </button>
      )}
    </div>
  );
}
