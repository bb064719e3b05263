import type { NewEvent, StoryArtifacts } from '../../domain/log/events.js';
import { findAbsentId } from '../../domain/narrative/findAbsentId.js';
import { lockNarrativeChat } from '../chats/lockNarrativeChat.js';
import { mustBeWithinLimit } from '../chats/ownerLimits.js';
import { newId } from '../core/ids.js';
import { type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents } from '../timeline/log.js';

export type StoryEvent = {
  id: string;
  title: string;
  description: string;
  status: 'planned' | 'active' | 'completed' | 'cancelled';
  artifacts: StoryArtifacts;
  /** The seq of the event that planned it. */
  seq: number;
  createdAt: Date;
};

/** A story event as a client plans it. */
export type StoryPlan = {
  title: string;
  description: string;
  status: 'planned' | 'active';
  artifacts: StoryArtifacts;
};

const columns = `id, title, description, status, artifacts, planned_seq as seq, created_at as "createdAt"`;

const list: ListSpec = {
  columns,
  from: 'story_events',
  where: 'chat_id = $1',
  key: 'planned_seq',
  bytes: 'octet_length(title) + octet_length(description) + octet_length(artifacts::text)',
};

/** A page of the chat's story events, oldest first. The cursor is the seq of the event that planned one. */
export async function listStoryEvents(db: Db, chatId: string, page: Page<number>): Promise<StoryEvent[]> {
  return readPage<StoryEvent>(db, list, chatId, page);
}

/**
 * Plans a story event, and starts it if its status is `active`. Throws `ChatRefused`, for example when the chat already
 * has `max` open ones.
 */
export function planStoryEvent(
  pool: Pool,
  owner: string,
  chatId: string,
  plan: StoryPlan,
  max?: number,
): Promise<StoryEvent> {
  return transaction(pool, async (tx) => {
    const { hostId, guestId } = await lockNarrativeChat(tx, owner, chatId);
    await mustBeWithinLimit(tx, 'storyEvents', chatId, max);
    const stranger = findAbsentId(plan.artifacts, ['you', hostId, ...(guestId ? [guestId] : [])]);
    if (stranger) throw new ChatRefused('not_present', `artifacts.${stranger}`);
    const eventId = newId('evt');
    const { title, description, artifacts } = plan;
    const events: NewEvent[] = [{ kind: 'story_event_planned', data: { eventId, title, description, artifacts } }];
    if (plan.status === 'active') events.push({ kind: 'story_event_started', data: { eventId } });
    await appendEvents(tx, { chatId, turnId: null, step: `story:${eventId}` }, events);
    const { rows } = await tx.query<StoryEvent>(`select ${columns} from story_events where chat_id = $1 and id = $2`, [
      chatId,
      eventId,
    ]);
    return rows[0]!;
  });
}
