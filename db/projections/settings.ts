import type { EventData } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';
import { inTimeline } from '../timeline/subjects.js';
import type { Projection } from './handler.js';

/** The newest value of each setting in the timeline. There are few changes, and the index `events_settings` has them. */
const changes = `(select jsonb_object_agg(f.key, f.value) from (
    select distinct on (d.key) d.key, d.value from events e cross join lateral jsonb_each(e.data) d
    where e.chat_id = $1 and e.kind = 'chat_settings_changed' and ${inTimeline('e')}
    order by d.key, e.seq desc) f)`;

/** The settings of a chat: those that it was created with, and the changes in its timeline. A column of `chats`. */
export const settings: Projection = {
  async project(tx, chatId, events) {
    const change = Object.assign({}, ...events.map(({ data }) => data as EventData<'chat_settings_changed'>)) as object;
    await tx.query(
      `update chats set created_settings = coalesce(created_settings, settings),
         settings = jsonb_strip_nulls(settings || $2::jsonb) where id = $1`,
      [chatId, JSON.stringify(change)],
    );
  },
  async refold(tx, chatId) {
    await tx.query(
      `update chats set settings = jsonb_strip_nulls(created_settings || coalesce(${changes}, '{}'))
       where id = $1 and created_settings is not null`,
      [chatId],
    );
  },
};

/** Before a rebuild: the settings as they were when the chat was created. */
export async function resetSettings(tx: Tx, chatId: string): Promise<void> {
  await tx.query('update chats set settings = created_settings where id = $1 and created_settings is not null', [
    chatId,
  ]);
}
