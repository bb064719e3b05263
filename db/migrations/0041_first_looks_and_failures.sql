-- When Temporal answered for the first time where the workflows of a deleted chat are looked for. It may have been away at
-- the deletion, and its list of workflows lags behind for a while after its return.
alter table workflow_deletions add column first_look_at timestamptz;

-- Attempts of a delivery that its receiver failed. Temporal also counts those that got no place in a worker.
alter table webhook_deliveries add column failures integer not null default 0;
