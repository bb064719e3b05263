-- Up Migration

-- The W3C traceparent of the request that asked for the turn, whoever starts it, and when. Null without tracing.
alter table turns add column trace text;

alter table drafts
  -- when the first token of the reply's first draft went out
  add column first_token_at timestamptz,
  -- the last attempt that said how it ended: one that lacks it was lost with its worker
  add column ended_attempt integer;

-- The steps that wait for an operator, which are counted whenever metrics are read.
create index turn_steps_stuck on turn_steps (updated_at) where status = 'stuck';

-- Down Migration
-- forward only
