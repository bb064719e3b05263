-- Up Migration

-- A fork copies the words of its source's texts (db/timeline/fork.ts), because to find them again takes longer than all
-- the rest of it. It says so for its own transaction.
drop trigger index_event_texts on events;
create trigger index_event_texts after insert on events
  referencing new table as added for each statement
  when (current_setting('durable_turns.copies_texts', true) is distinct from 'on')
  execute function index_event_texts();

-- Down Migration
-- forward only
