-- How many passes there were: each one describes another part of the turns whose workflow is listed as running.
alter table reconciler add column passes integer not null default 0;

-- Down Migration
-- forward only
