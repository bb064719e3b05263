-- Up Migration

-- Where the texts of accepted changes are in the body: a list of {changeId, start, end, at}. Null: none is known.
alter table documents add column accepted_places jsonb;

-- Down Migration
-- forward only
