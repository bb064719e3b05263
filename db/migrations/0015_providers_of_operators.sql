-- Whether the operator stored the provider: the one local owner of a server without keys. Null is no.
alter table providers add column by_operator boolean;
