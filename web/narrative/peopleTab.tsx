import { useSignal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { useCharacter } from '../data/characters.js';
import { nameOf, you } from '../data/library.js';
import { service } from '../data/service.js';
import { useChatQuery } from '../data/stream/chatQuery.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { CharacterDialog, ProfileDialog } from '../dialogs/lazyDialogs.js';
import { QueryStatus, Section } from '../panel/section.js';
import { t } from '../strings/strings.js';
import { GuestSelect } from './guestSelect.js';
import { participantsOf, relationshipsBySource } from './participants.js';
import { RelationshipsOf } from './relationships.js';

export function PeopleTab({ chat, about }: { chat: OpenChat; about: Chat }) {
  return (
    <>
      <Relationships chat={chat} about={about} />
      <Section title={t().narrative.participants}>
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
  if (id === 'you') return t().narrative.roles.you;
  return id === hostId ? t().narrative.roles.host : t().narrative.roles.guest;
}

function Relationships({ chat, about }: { chat: OpenChat; about: Chat }) {
  const query = useChatQuery(chat, () => service.listEdges(chat.id), ['edge_update', 'edge_summary']);
  const edges = query.value.value;
  const participants = participantsOf(about);
  return (
    <Section title={t().narrative.relationships}>
      <QueryStatus query={query} notRead={t().narrative.notRead.relationships} />
      {edges && edges.length === 0 ? <p class="hint">{t().narrative.neutral}</p> : null}
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
        <p class="plain persona">
          {persona === undefined ? t().common.loading : persona.trim() || t().narrative.noPersona}
        </p>
      </details>
      {id === 'you' || character ? (
        <button
          type="button"
          class="quiet"
          aria-label={id === 'you' ? t().narrative.editProfile : t().narrative.editPerson(nameOf(id))}
          onClick={() => (isEditing.value = true)}
        >
          {t().common.edit}
        </button>
      ) : null}
      {isEditing.value && id === 'you' ? <ProfileDialog onClose={close} /> : null}
      {isEditing.value && character ? <CharacterDialog character={character} onClose={close} /> : null}
    </div>
  );
}
