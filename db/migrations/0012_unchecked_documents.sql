-- Up Migration

-- The version of a document whose pending changes are still to be checked for what it made stale. Null: all are.
alter table documents add column unchecked_version integer;

-- Down Migration
-- forward only
