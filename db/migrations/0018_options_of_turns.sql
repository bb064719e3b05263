-- What the request of a turn sets for its provider: domain/turns/turnOptions.ts.
alter table turns add column options jsonb not null default '{}';
