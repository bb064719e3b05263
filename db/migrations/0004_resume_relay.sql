-- Up Migration

-- Whether the other chat service knows what was said before in the chat's session.
alter table chats add column relay_primed boolean not null default false;

-- The response at the provider that a draft comes from, and the number of the last of its events that is
-- checkpointed: another attempt goes on after it.
alter table drafts add column response_id text, add column response_seq integer;

-- Whether the provider's attempts have run out, and another one is asked.
alter table drafts add column on_fallback boolean not null default false;
alter table providers
  add column fallback_id text references providers,
  -- how the server is asked to go on from a partial message
  add column continuation text;

-- Down Migration
-- forward only
