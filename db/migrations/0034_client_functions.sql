-- Up Migration

-- The functions that the request of a turn brings, which its client runs: {functions, choice, parallel}.
alter table turns add column client_functions jsonb;
-- Set on the step of a call of such a function.
alter table agent_steps add column client boolean;

-- Down Migration
-- forward only
