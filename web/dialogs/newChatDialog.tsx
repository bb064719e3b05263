import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Chat, ChatKind } from '../../client/src/index.js';
import { post } from '../data/api.js';
import { loadTools, putChat } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { Dialog } from '../parts/dialog.js';
import { SubmitRow, TextField, useInitialFocus, useSubmission } from './fields.js';
import { AgentFields, agentRequestBody, resetAgentForm } from './newAgentFields.js';
import { DocumentFields, documentRequestBody, resetDocumentForm } from './newDocumentFields.js';
import { NarrativeFields, narrativeRequestBody, resetNarrativeForm } from './newNarrativeFields.js';
import { RelayFields, relayRequestBody, resetRelayForm } from './newRelayFields.js';

/** A kind of chat: how it is chosen, what is asked for it, and how it is made of that. */
type KindRow = {
  kind: ChatKind;
  name: string;
  words: string;
  Fields(): ComponentChildren;
  /** The body of the call. Makes what has to be there first, and may fail. */
  body(): Promise<object>;
  forget(): void;
};

const kinds: readonly KindRow[] = [
  {
    kind: 'narrative',
    name: 'Role-play',
    words: 'With one or two characters, who feel and remember.',
    Fields: NarrativeFields,
    body: narrativeRequestBody,
    forget: resetNarrativeForm,
  },
  {
    kind: 'document',
    name: 'Document',
    words: 'Talk about a text, and accept or decline the edits that are proposed.',
    Fields: DocumentFields,
    body: documentRequestBody,
    forget: resetDocumentForm,
  },
  {
    kind: 'agent',
    name: 'Agent',
    words: 'A model that thinks, uses tools and shows each step.',
    Fields: AgentFields,
    body: agentRequestBody,
    forget: resetAgentForm,
  },
  {
    kind: 'relay',
    name: 'Relay',
    words: 'Another chat service answers.',
    Fields: RelayFields,
    body: relayRequestBody,
    forget: resetRelayForm,
  },
];

/** What was typed outlives the dialog: it may be closed by a slip of the finger. */
const chosen = signal<ChatKind>('narrative');
const title = signal('');

type NewChatDialogProps = { onClose(): void; onCreated(chat: Chat): void };

export function NewChatDialog({ onClose, onCreated }: NewChatDialogProps) {
  useEffect(() => void tryOrNotify(loadTools), []);
  const row = kinds.find(({ kind }) => kind === chosen.value) ?? kinds[0]!;
  const submission = useSubmission(async () => {
    const named = title.peek().trim();
    const body = { ...(await row.body()), kind: row.kind, ...(named === '' ? {} : { title: named }) };
    const chat = await post<Chat>('/v1/chats', body);
    row.forget();
    title.value = '';
    putChat(chat);
    onCreated(chat);
  });
  const { Fields } = row;
  return (
    <Dialog title="New chat" wide onClose={onClose}>
      <form class="form" onSubmit={submission.onSubmit}>
        <Kinds />
        <Fields key={row.kind} />
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

function Kinds() {
  const first = useInitialFocus(true);
  return (
    <fieldset class="kinds">
      <legend class="hidden">Kind of chat</legend>
      {kinds.map(({ kind, name, words }) => (
        <label key={kind} class="kind">
          <input
            {...(chosen.value === kind ? { ref: first as { current: HTMLInputElement | null } } : {})}
            type="radio"
            name="kind"
            value={kind}
            checked={chosen.value === kind}
            onChange={() => (chosen.value = kind)}
          />
          <span>
            <strong>{name}</strong>
            <span class="hint">{words}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
