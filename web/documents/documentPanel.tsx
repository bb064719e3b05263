import { useEffect, useMemo } from 'preact/hooks';
import type { Document } from '../../client/src/index.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { QueryStatus } from '../panel/section.js';
import { t } from '../strings/strings.js';
import { ChangeList } from './changeList.js';
import type { ChangePlaces } from './changePlaces.js';
import { isOpen } from './changePositions.js';
import { type ChangeStore, useChangeStore } from './changeStore.js';
import { beginEdit, DocumentEdit, editOf } from './documentEdit.js';
import { DocumentText } from './documentText.js';

/** The document of a chat, with its suggested changes. */
export function DocumentPanel({ chat }: { chat: OpenChat }) {
  const store = useChangeStore(chat);
  const { document } = store;
  // Other chats may change the document without an event in this one.
  useEffect(() => {
    store.refresh();
    addEventListener('focus', store.refresh);
    return () => removeEventListener('focus', store.refresh);
  }, [store]);
  return (
    <div class="document-panel">
      <QueryStatus
        query={{ value: document, failure: store.failure, refresh: store.refresh }}
        notRead={t().documents.notRead}
      />
      {document.value ? <DocumentView chat={chat} store={store} document={document.value} /> : null}
    </div>
  );
}

const noPlaces: ChangePlaces = { of: new Map(), passage: null };

function DocumentView({ chat, store, document }: { chat: OpenChat; store: ChangeStore; document: Document }) {
  const edit = editOf(chat);
  const changes = store.changes.value ?? [];
  const numbers = useMemo(() => new Map(changes.filter(isOpen).map(({ id }, n) => [id, n + 1])), [changes]);
  const places = store.places.value ?? noPlaces;
  if (edit.value) return <DocumentEdit documentId={document.id} edit={edit} onSaved={store.refresh} />;
  return (
    <>
      <header class="document-head">
        <div>
          <h3>{document.title || t().common.untitled}</h3>
          <p class="hint">
            {t().documents.version(document.version)}
            {numbers.size > 0 ? ` · ${t().documents.open(numbers.size)}` : null}
          </p>
        </div>
        <button type="button" class="button" onClick={() => (edit.value = beginEdit(document))}>
          {t().documents.edit}
        </button>
      </header>
      <DocumentText
        document={document}
        changes={changes}
        places={places}
        anchor={chat.chat.value?.anchor ?? null}
        numbers={numbers}
      />
      <ChangeList store={store} changes={changes} places={places} numbers={numbers} />
    </>
  );
}
