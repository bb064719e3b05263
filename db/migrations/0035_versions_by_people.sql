-- Up Migration

-- The turn whose effects a version has, where a person wrote the version; null: its own.
alter table turns add column effects_id text;

-- Whether the reply of a version goes on from the text of the version that it replaces.
alter table turns add column continues boolean not null default false;

-- Who decided on a tool call, and what of it the step of its result shows. Null of decisions of before.
alter table tool_calls add column decided_by text;
alter table agent_steps add column decision jsonb;

-- The text of `assistant_turn_edited` is in the `assistant_turn` of its version too: a search finds that.
create or replace function event_text(kind text, turn_id text, data jsonb) returns text language sql immutable parallel safe as $$
  select case
    when kind in ('user_turn', 'user_turn_edit', 'assistant_turn', 'message_added') then data->>'text'
    -- The memories of a turn repeat its texts.
    when kind in ('memory_written', 'memory_edited') and turn_id is null then data->>'text'
    when kind = 'scene_summary' then data->>'summary'
  end
$$;

-- Down Migration
-- forward only
