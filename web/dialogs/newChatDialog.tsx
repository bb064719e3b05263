import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Chat, ChatKind } from '../../client/src/index.js';
import { facts } from '../data/facts.js';
import { putChat } from '../data/library.js';
import { service } from '../data/service.js';
import { Dialog } from '../parts/dialog.js';
import type { Strings } from '../strings/en.js';
import { t } from '../strings/strings.js';
import { newAgentRow } from './agentFields.js';
import { SubmitRow, TextField, useInitialFocus, useSubmission } from './fields.js';
import { DocumentFields, documentRequestBody, resetDocumentForm } from './newDocumentFields.js';
import { NarrativeFields, narrativeRequestBody, resetNarrativeForm } from './newNarrativeFields.js';
import { RelayFields, relayRequestBody, resetRelayForm } from './newRelayFields.js';

type RowId = keyof Strings['newChat']['descriptions'];

/** A kind of chat: its fields, and the request that creates it. */
type KindRow = {
  id: RowId;
  kind: ChatKind;
  Fields(): ComponentChildren;
  /** The body of the request. Creates first what the chat needs, such as a character, and may fail. */
  requestBody(): Promise<object>;
  resetForm(): void;
};

const kinds: readonly KindRow[] = [
  {
    id: 'assistant',
    kind: 'agent',
    ...newAgentRow([]),
  },
  {
    id: 'narrative',
    kind: 'narrative',
    Fields: NarrativeFields,
    requestBody: narrativeRequestBody,
    resetForm: resetNarrativeForm,
  },
  {
    id: 'document',
    kind: 'document',
    Fields: DocumentFields,
    requestBody: documentRequestBody,
    resetForm: resetDocumentForm,
  },
  {
    id: 'agent',
    kind: 'agent',
    ...newAgentRow(null),
  },
  {
    id: 'relay',
    kind: 'relay',
    Fields: RelayFields,
    requestBody: relayRequestBody,
    resetForm: resetRelayForm,
  },
];

/** Kept while the dialog is closed, so that an accidental close loses nothing. */
const selectedRow = signal<RowId>('assistant');
const title = signal('');

type NewChatDialogProps = { onClose(): void; onCreated(chat: Chat): void };

export function NewChatDialog({ onClose, onCreated }: NewChatDialogProps) {
  const row = kinds.find(({ id }) => id === selectedRow.value) ?? kinds[0]!;
  const submission = useSubmission(async () => {
    const named = title.peek().trim();
    const body = { ...(await row.requestBody()), kind: row.kind, ...(named === '' ? {} : { title: named }) };
    const chat = await service.createChat(body);
    row.resetForm();
    title.value = '';
    putChat(chat);
    onCreated(chat);
  });
  const { Fields } = row;
  return (
    <Dialog title={t().newChat.title} wide onClose={onClose}>
      <form class="form" onSubmit={submission.onSubmit}>
        <KindOptions />
        <Fields key={row.id} />
        <TextField label={t().common.title} max={200} value={title.value} onInput={(text) => (title.value = text)} />
        <SubmitRow submission={submission} action={t().newChat.create} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

/** Relay chats need another service, which whoever runs this one connects with `UPSTREAM_BASE_URL`. */
const isUnavailable = (kind: ChatKind): boolean => kind === 'relay' && facts.value?.relays === false;

function KindOptions() {
  const initialFocus = useInitialFocus(true);
  return (
    <fieldset class="kinds">
      <legend class="hidden">{t().newChat.kind}</legend>
      {kinds.map(({ id, kind }) => (
        <label key={id} class="kind">
          <input
            {...(selectedRow.value === id ? { ref: initialFocus as { current: HTMLInputElement | null } } : {})}
            type="radio"
            name="kind"
            value={id}
            disabled={isUnavailable(kind)}
            checked={selectedRow.value === id}
            onChange={() => (selectedRow.value = id)}
          />
          <span>
            <strong>{t().sidebar.kinds[id]}</strong>
            <span class="hint">{isUnavailable(kind) ? t().newChat.unavailable : t().newChat.descriptions[id]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
