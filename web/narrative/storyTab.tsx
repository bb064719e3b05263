import type { Chat, StoryEvent } from '../../client/src/index.js';
import { list } from '../data/api.js';
import { useChatQuery } from '../data/chatQuery.js';
import type { OpenChat } from '../data/openChat.js';
import { Section, Waiting } from '../panel/section.js';
import { participantsOf } from './participants.js';
import { Scenes } from './scenesSection.js';
import { StoryEventCard } from './storyEventCard.js';
import { NewStoryEvent } from './storyEventForm.js';

type StoryTabProps = { chat: OpenChat; about: Chat };

export function StoryTab({ chat, about }: StoryTabProps) {
  return (
    <>
      <Scenes chat={chat} />
      <StoryEvents chat={chat} about={about} />
    </>
  );
}

type Status = StoryEvent['status'];
const statuses: readonly (readonly [Status, string])[] = [
  ['active', 'Going on'],
  ['planned', 'Planned'],
  ['completed', 'Completed'],
  ['cancelled', 'Called off'],
];

function StoryEvents({ chat, about }: StoryTabProps) {
  const followed = useChatQuery(chat, () => list<StoryEvent>(`/v1/chats/${chat.id}/storyEvents`), [
    'story_event_planned',
    'story_event_started',
    'story_event_completed',
    'story_event_cancelled',
  ]);
  const events = followed.value.value;
  return (
    <Section title="Story events">
      <Waiting followed={followed} what="Story events" />
      {events?.length === 0 ? (
        <p class="hint">Nothing is planned. A story event is something that may happen, and what comes of it.</p>
      ) : null}
      {statuses.map(([status, title]) => {
        const these = events?.filter((event) => event.status === status) ?? [];
        return these.length === 0 ? null : (
          <div key={status} class="story-group">
            <h4>{title}</h4>
            <ul class="cards">
              {these.map((event) => (
                <li key={event.id}>
                  <StoryEventCard event={event} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      <NewStoryEvent chatId={chat.id} present={participantsOf(about)} onPlanned={followed.refresh} />
    </Section>
  );
}
