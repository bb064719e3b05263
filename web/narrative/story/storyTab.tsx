import type { Chat, StoryEvent } from '../../../client/src/index.js';
import { service } from '../../data/service.js';
import { useChatQuery } from '../../data/stream/chatQuery.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { QueryStatus, Section } from '../../panel/section.js';
import { participantsOf } from '../participants.js';
import { ScenesSection } from './scenesSection.js';
import { StoryEventCard } from './storyEventCard.js';
import { NewStoryEvent } from './storyEventForm.js';

type StoryTabProps = { chat: OpenChat; about: Chat };

export function StoryTab({ chat, about }: StoryTabProps) {
  return (
    <>
      <ScenesSection chat={chat} />
      <StoryEvents chat={chat} about={about} />
    </>
  );
}

type Status = StoryEvent['status'];
const statuses: readonly (readonly [Status, string])[] = [
  ['active', 'Active'],
  ['planned', 'Planned'],
  ['completed', 'Completed'],
  ['cancelled', 'Cancelled'],
];

function StoryEvents({ chat, about }: StoryTabProps) {
  const query = useChatQuery(chat, () => service.listStoryEvents(chat.id), [
    'story_event_planned',
    'story_event_started',
    'story_event_completed',
    'story_event_cancelled',
  ]);
  const events = query.value.value;
  return (
    <Section title="Story events">
      <QueryStatus query={query} what="story events" />
      {events?.length === 0 ? (
        <p class="hint">No story events yet. A story event is something that may happen, with its outcome.</p>
      ) : null}
      {statuses.map(([status, title]) => {
        const ofStatus = events?.filter((event) => event.status === status) ?? [];
        return ofStatus.length === 0 ? null : (
          <div key={status} class="story-group">
            <h4>{title}</h4>
            <ul class="cards">
              {ofStatus.map((event) => (
                <li key={event.id}>
                  <StoryEventCard event={event} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      <NewStoryEvent chatId={chat.id} participants={participantsOf(about)} onPlanned={query.refresh} />
    </Section>
  );
}
