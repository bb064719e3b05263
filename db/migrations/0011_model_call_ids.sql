-- Up Migration

-- The id that the model gave a call: sent back to the model, and used for nothing else. Null in older rows: call_id.
alter table tool_calls add column model_call_id text;

-- Down Migration
-- forward only
