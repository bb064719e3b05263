-- The epoch that holds, or will hold, the text of the response that a provider keeps. Null where it is the current one.
alter table drafts add column response_epoch integer;
