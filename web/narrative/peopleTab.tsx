import { useSignal } from '@preact/signals';
import type { Chat, Edge } from '../../client/src/index.js';
import { list } from '../data/api.js';
import { useCharacter } from '../data/characters.js';
import { useChatQuery } from '../data/chatQuery.js';
import { nameOf, you } from '../data/library.js';
import type { OpenChat } from '../data/openChat.js';
import { CharacterDialog, YouDialog } from '../dialogs/characterDialog.js';
import { Section, Waiting } from '../panel/section.js';
import { GuestSelect } from './guestSelect.js';
import { participantsOf, relationshipsBySource } from './participants.js';
import { RelationshipsOf } from './relationships.js';

export function PeopleTab({ chat, about }: { chat: OpenChat; about: Chat }) {
  return (
    <>
      <Relationships chat={chat} about={about} />
      <Section title="Who is here">
        <ul class="people">
          {participantsOf(about).map((id) => (
            <li key={id}>
              <PersonCard id={id} role={roleOf(id, about)} />
            </li>
          ))}
        </ul>
        <GuestSelect chat={chat} about={about} />
      </Section>
    </>
  );
}

function roleOf(id: string, { hostId }: Chat): string {
  if (id === 'you') return 'you';
  return id === hostId ? 'host' : 'guest';
}

function Relationships({ chat, about }: { chat: OpenChat; about: Chat }) {
  const followed = useChatQuery(chat, () => list<Edge>(`/v1/chats/${chat.id}/edges`), ['edge_update', 'edge_summary']);
  const edges = followed.value.value;
  return (
    <Section title="Relationships">
      <Waiting followed={followed} what="Relationships" />
      {edges && edges.length === 0 ? (
        <p class="hint">Nothing has happened between them yet: everyone stands in the middle.</p>
      ) : null}
      {edges
        ? relationshipsBySource(edges, participantsOf(about)).map((feelings) => (
            <RelationshipsOf key={feelings.sourceId} feelings={feelings} />
          ))
        : null}
    </Section>
  );
}

/** Who someone is, and a way to change that. */
function PersonCard({ id, role }: { id: string; role: string }) {
  const editing = useSignal(false);
  const character = useCharacter(id === 'you' ? null : id);
  const persona = id === 'you' ? you.value?.persona : character?.persona;
  const close = () => (editing.value = false);
  return (
    <div class="person">
      <details>
        <summary>
          <strong>{nameOf(id)}</strong> <span class="tag">{role}</span>
        </summary>
        <p class="plain persona">{persona?.trim() ? persona : 'Nothing is written about them yet.'}</p>
      </details>
      {id === 'you' || character ? (
        <button
          type="button"
          class="quiet"
          aria-label={id === 'you' ? 'Edit yourself' : `Edit ${nameOf(id)}`}
          onClick={() => (editing.value = true)}
        >
          Edit
        </button>
      ) : null}
      {editing.value && id === 'you' ? <YouDialog onClose={close} /> : null}
      {editing.value && character ? <CharacterDialog character={character} onClose={close} /> : null}
    </div>
  );
}
