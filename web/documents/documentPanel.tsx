import { useEffect, useMemo } from 'preact/hooks';
import type { Document } from '../../client/src/index.js';
import type { OpenChat } from '../data/openChat.js';
import { Waiting } from '../panel/section.js';
import { ChangeList } from './changeList.js';
import { isOpen } from './changePositions.js';
import { type Changes, useChanges } from './changeStore.js';
import { beginEdit, DocumentEdit, editOf } from './documentEdit.js';
import { DocumentText } from './documentText.js';

/** The document that a chat is about, and what was proposed to change in it. */
export function DocumentPanel({ chat }: { chat: OpenChat }) {
  const store = useChanges(chat);
  const { document } = store;
  // Other chats may have changed it, and not all that they did is told here.
  useEffect(() => {
    store.refresh();
    addEventListener('focus', store.refresh);
    return () => removeEventListener('focus', store.refresh);
  }, [store]);
  return (
    <div class="document-panel">
      <Waiting followed={{ value: document, failure: store.failure, refresh: store.refresh }} what="The document" />
      {document.value ? <Shown chat={chat} store={store} document={document.value} /> : null}
    </div>
  );
}

function Shown({ chat, store, document }: { chat: OpenChat; store: Changes; document: Document }) {
  const edit = editOf(chat);
  const changes = store.changes.value ?? [];
  const numbers = useMemo(() => new Map(changes.filter(isOpen).map(({ id }, n) => [id, n + 1])), [changes]);
  if (edit.value) return <DocumentEdit documentId={document.id} edit={edit} onSaved={store.refresh} />;
  return (
    <>
      <header class="document-head">
        <div>
          <h3>{document.title || 'Untitled'}</h3>
          <p class="hint">
            Version {document.version}
            {numbers.size > 0 ? ` · ${numbers.size} ${numbers.size === 1 ? 'change' : 'changes'} to decide` : null}
          </p>
        </div>
        <button type="button" class="button" onClick={() => (edit.value = beginEdit(document))}>
          Edit text
        </button>
      </header>
      <DocumentText document={document} changes={changes} anchor={chat.chat.value?.anchor ?? null} numbers={numbers} />
      <ChangeList store={store} document={document} changes={changes} numbers={numbers} />
    </>
  );
}
