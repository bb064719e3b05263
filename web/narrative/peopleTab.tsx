import { useSignal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { useCharacter } from '../data/characters.js';
import { nameOf, you } from '../data/library.js';
import { service } from '../data/service.js';
import { useChatQuery } from '../data/stream/chatQuery.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { CharacterDialog, ProfileDialog } from '../dialogs/characterDialog.js';
import { QueryStatus, Section } from '../panel/section.js';
import { GuestSelect } from './guestSelect.js';
import { participantsOf, relationshipsBySource } from './participants.js';
import { RelationshipsOf } from './relationships.js';

export function PeopleTab({ chat, about }: { chat: OpenChat; about: Chat }) {
  return (
    <>
      <Relationships chat={chat} about={about} />
      <Section title="Participants">
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
  return id === hostId ? 'main character' : 'second character';
}

function Relationships({ chat, about }: { chat: OpenChat; about: Chat }) {
  const query = useChatQuery(chat, () => service.listEdges(chat.id), ['edge_update', 'edge_summary']);
  const edges = query.value.value;
  const participants = participantsOf(about);
  return (
    <Section title="Relationships">
      <QueryStatus query={query} what="relationships" />
      {edges && edges.length === 0 ? <p class="hint">Nothing has changed yet. All values are neutral.</p> : null}
      {edges
        ? relationshipsBySource(edges, participants).map((relationships) => (
            <RelationshipsOf
              key={relationships.sourceId}
              chatId={chat.id}
              relationships={relationships}
              participants={participants}
              onSaved={query.refresh}
            />
          ))
        : null}
    </Section>
  );
}

/** The name and persona of a participant, with a button to edit them. */
function PersonCard({ id, role }: { id: string; role: string }) {
  const isEditing = useSignal(false);
  const character = useCharacter(id === 'you' ? null : id);
  const persona = id === 'you' ? you.value?.persona : character?.persona;
  const close = () => (isEditing.value = false);
  return (
    <div class="person">
      <details>
        <summary>
          <strong>{nameOf(id)}</strong> <span class="tag">{role}</span>
        </summary>
        <p class="plain persona">{persona === undefined ? 'Loading…' : persona.trim() || 'No persona yet.'}</p>
      </details>
      {id === 'you' || character ? (
        <button
          type="button"
          class="quiet"
          aria-label={id === 'you' ? 'Edit your profile' : `Edit ${nameOf(id)}`}
          onClick={() => (isEditing.value = true)}
        >
          Edit
        </button>
      ) : null}
      {isEditing.value && id === 'you' ? <ProfileDialog onClose={close} /> : null}
      {isEditing.value && character ? <CharacterDialog character={character} onClose={close} /> : null}
    </div>
  );
}
