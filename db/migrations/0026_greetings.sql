-- Up Migration

-- The greeting of a chat: an anchor of its messages that belongs to no turn.
create index events_greetings on events (chat_id, seq)
  where kind = 'assistant_turn' and turn_id is null and hidden_by is null and superseded_by is null;

-- Down Migration
-- forward only
