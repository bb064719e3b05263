import type { Chat, StoryEvent } from '../../../client/src/index.js';
import { service } from '../../data/service.js';
import { useChatQuery } from '../../data/stream/chatQuery.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { QueryStatus, Section } from '../../panel/section.js';
import { t } from '../../strings/strings.js';
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

const statuses: readonly StoryEvent['status'][] = ['active', 'planned', 'completed', 'cancelled'];

function StoryEvents({ chat, about }: StoryTabProps) {
  const query = useChatQuery(chat, () => service.listStoryEvents(chat.id), [
    'story_event_planned',
    'story_event_started',
    'story_event_completed',
    'story_event_cancelled',
  ]);
  const events = query.value.value;
  return (
    <Section title={t().narrative.storyEvents}>
      <QueryStatus query={query} notRead={t().narrative.notRead.storyEvents} />
      {events?.length === 0 ? <p class="hint">{t().narrative.noStoryEvents}</p> : null}
      {statuses.map((status) => {
        const ofStatus = events?.filter((event) => event.status === status) ?? [];
        return ofStatus.length === 0 ? null : (
          <div key={status} class="story-group">
            <h4>{t().narrative.statuses[status]}</h4>
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
