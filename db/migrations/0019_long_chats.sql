-- Up Migration

-- Every read of a chat's log that a turn makes, and every change of its marks, finds its rows by one of these indexes.
-- docs/decisions/long-chats.md says which statement uses which.

-- What events of the timeline are about, the row of a projection: db/timeline/subjects.ts has the same expression.
create index events_by_subject on events (chat_id, (coalesce(data->>'memoryId', data->>'sceneId', data->>'eventId', data->>'changeId', (data->>'sourceId') || '>' || (data->>'targetId'))), seq)
  where coalesce(data->>'memoryId', data->>'sceneId', data->>'eventId', data->>'changeId', (data->>'sourceId') || '>' || (data->>'targetId')) is not null
    and hidden_by is null and superseded_by is null;

-- The lines of the timeline in the order of their user turns.
create index events_lines on events (chat_id, (coalesce((data->>'userTurnSeq')::integer, seq)), (kind = 'assistant_turn'), seq)
  where kind in ('user_turn', 'user_turn_edit', 'assistant_turn') and hidden_by is null and superseded_by is null;

-- The same in the order of the log.
create index events_messages on events (chat_id, seq)
  where kind in ('user_turn', 'user_turn_edit', 'assistant_turn') and hidden_by is null and superseded_by is null;

-- What changes the graph of a chat.
create index events_graph on events (chat_id, seq)
  where kind in ('model_selected', 'strategy_meta', 'strategy_link', 'strategy_unlinked', 'graph_snapshot', 'graph_plan', 'graph_cleared')
    and hidden_by is null and superseded_by is null;

-- The anchors of messages. `events_spoken` has hidden ones too; the release before uses it.
create index events_anchors on events (chat_id, seq)
  where kind in ('user_turn', 'system_message') and hidden_by is null;

create index events_rolled_back on events (chat_id, seq) where kind = 'turn_rolled_back';

create index memories_pinned on memories (chat_id, pinned_seq) where pinned_seq is not null;
create index memories_by_rank on memories (chat_id, (pinned_seq is not null), written_seq);
create index scenes_open on scenes (chat_id, opened_seq) where closed_seq is null;
create index scenes_closed on scenes (chat_id, closed_seq) where closed_seq is not null;
create index story_events_by_plan on story_events (chat_id, planned_seq);
create index story_events_open on story_events (chat_id, planned_seq) where status in ('planned', 'active');
create index changes_pending on changes (document_id, id) where state = 'pending';

-- The state of a projection's row after the event `seq`, for rows that many events change. Every so many events there is
-- one, so that the row is folded again from a near one and not from the chat's beginning.
create table projection_snapshots (
  chat_id text not null,
  subject text not null,
  seq integer not null,
  state jsonb not null,
  primary key (chat_id, subject, seq)
);

-- A snapshot holds only while all events before it keep their marks. A trigger keeps that true for every release that
-- changes marks.
create function drop_outdated_snapshots() returns trigger language plpgsql as $$
begin
  delete from projection_snapshots s
  using (select chat_id, min(seq) as seq from marked group by chat_id) m
  where s.chat_id = m.chat_id and s.seq >= m.seq;
  return null;
end
$$;
create trigger drop_outdated_snapshots after update on events
  referencing new table as marked for each statement execute function drop_outdated_snapshots();

-- Down Migration
-- forward only
