import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Chat, ChatKind } from '../../client/src/index.js';
import { facts } from '../data/facts.js';
import { putChat } from '../data/library.js';
import { service } from '../data/service.js';
import { Dialog } from '../parts/dialog.js';
import { newAgentRow } from './agentFields.js';
import { SubmitRow, TextField, useInitialFocus, useSubmission } from './fields.js';
import { DocumentFields, documentRequestBody, resetDocumentForm } from './newDocumentFields.js';
import { NarrativeFields, narrativeRequestBody, resetNarrativeForm } from './newNarrativeFields.js';
import { RelayFields, relayRequestBody, resetRelayForm } from './newRelayFields.js';

/** A kind of chat: its label, its fields, and the request that creates it. */
type KindRow = {
  id: string;
  kind: ChatKind;
  name: string;
  description: string;
  Fields(): ComponentChildren;
  /** The body of the request. Creates first what the chat needs, such as a character, and may fail. */
  requestBody(): Promise<object>;
  resetForm(): void;
};

const kinds: readonly KindRow[] = [
  {
    id: 'assistant',
    kind: 'agent',
    name: 'Assistant',
    description: 'Ask a model, and give it instructions.',
    ...newAgentRow([]),
  },
  {
    id: 'narrative',
    kind: 'narrative',
    name: 'Role-play',
    description: 'Chat with one or two characters who have feelings and memories.',
    Fields: NarrativeFields,
    requestBody: narrativeRequestBody,
    resetForm: resetNarrativeForm,
  },
  {
    id: 'document',
    kind: 'document',
    name: 'Document',
    description: 'Discuss a text, and accept or decline suggested changes.',
    Fields: DocumentFields,
    requestBody: documentRequestBody,
    resetForm: resetDocumentForm,
  },
  {
    id: 'agent',
    kind: 'agent',
    name: 'Agent',
    description: 'A model that uses tools and shows its steps.',
    ...newAgentRow(null),
  },
  {
    id: 'relay',
    kind: 'relay',
    name: 'Relay',
    description: 'Another chat service replies.',
    Fields: RelayFields,
    requestBody: relayRequestBody,
    resetForm: resetRelayForm,
  },
];

/** Kept while the dialog is closed, so that an accidental close loses nothing. */
const selectedRow = signal('assistant');
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
    <Dialog title="New chat" wide onClose={onClose}>
      <form class="form" onSubmit={submission.onSubmit}>
        <KindOptions />
        <Fields key={row.id} />
        <TextField label="Title" max={200} value={title.value} onInput={(text) => (title.value = text)} />
        <SubmitRow submission={submission} action="Create chat">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </SubmitRow>
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
      <legend class="hidden">Kind of chat</legend>
      {kinds.map(({ id, kind, name, description }) => (
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
            <strong>{name}</strong>
            <span class="hint">
              {isUnavailable(kind) ? 'Not set up here: no other chat service is connected.' : description}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
