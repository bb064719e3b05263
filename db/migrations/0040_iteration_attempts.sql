-- How many attempts a landed iteration took. Rows of before, and those that an older worker writes, say one.
alter table agent_iterations add column attempts integer not null default 1;
