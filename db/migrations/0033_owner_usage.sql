-- Up Migration

-- The turns of an owner that have not ended, for TURNS_PER_OWNER and QUEUED_TURNS_PER_OWNER.
create index turns_of_owner on turns (owner, status) where status in ('queued', 'running');

-- What an owner has, for the limits: the sum over the shards. A shard is a session's, so that commits do not wait for each
-- other; one by itself may be negative.
create table owner_usage (
  owner text not null,
  what text not null,
  shard smallint not null,
  used bigint not null,
  primary key (owner, what, shard)
);

create function add_usage(of_owner text, of_what text, amount bigint) returns void language sql as $$
  insert into owner_usage as u (owner, what, shard, used) values (of_owner, of_what, pg_backend_pid() % 64, amount)
  on conflict (owner, what, shard) do update set used = u.used + excluded.used
$$;

-- Counts the rows of a table, under the name that is the trigger's argument.
create function count_rows() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform add_usage(new.owner, tg_argv[0], 1);
  else
    perform add_usage(old.owner, tg_argv[0], -1);
  end if;
  return null;
end $$;

create function count_log_bytes() returns trigger language plpgsql as $$
begin
  perform add_usage(coalesce(new.owner, old.owner), 'logBytes', coalesce(new.log_bytes, 0) - coalesce(old.log_bytes, 0));
  return null;
end $$;

create function count_document_bytes() returns trigger language plpgsql as $$
begin
  perform add_usage(coalesce(new.owner, old.owner), 'documentBytes',
    coalesce(octet_length(new.body), 0) - coalesce(octet_length(old.body), 0));
  return null;
end $$;

create function count_attachment_bytes() returns trigger language plpgsql as $$
begin
  perform add_usage(coalesce(new.owner, old.owner), 'attachmentBytes', coalesce(new.size, 0) - coalesce(old.size, 0));
  return null;
end $$;

-- Deferred: the rows of the usage are locked during the commit alone.
create constraint trigger count_chats after insert or delete on chats
  deferrable initially deferred for each row execute function count_rows('chats');
create constraint trigger count_characters after insert or delete on characters
  deferrable initially deferred for each row execute function count_rows('characters');
create constraint trigger count_documents after insert or delete on documents
  deferrable initially deferred for each row execute function count_rows('documents');
create constraint trigger count_providers after insert or delete on providers
  deferrable initially deferred for each row execute function count_rows('providers');
create constraint trigger count_attachments after insert or delete on attachments
  deferrable initially deferred for each row execute function count_rows('attachments');

create constraint trigger count_log_bytes after insert or delete or update of log_bytes on chats
  deferrable initially deferred for each row execute function count_log_bytes();
create constraint trigger count_document_bytes after insert or delete or update of body on documents
  deferrable initially deferred for each row execute function count_document_bytes();
create constraint trigger count_attachment_bytes after insert or delete on attachments
  deferrable initially deferred for each row execute function count_attachment_bytes();

insert into owner_usage (owner, what, shard, used)
select owner, 'chats', 0, count(*) from chats group by owner
union all select owner, 'logBytes', 0, coalesce(sum(log_bytes), 0) from chats group by owner
union all select owner, 'characters', 0, count(*) from characters group by owner
union all select owner, 'documents', 0, count(*) from documents group by owner
union all select owner, 'documentBytes', 0, sum(octet_length(body)) from documents group by owner
union all select owner, 'providers', 0, count(*) from providers group by owner
union all select owner, 'attachments', 0, count(*) from attachments group by owner
union all select owner, 'attachmentBytes', 0, sum(size) from attachments group by owner;

-- Down Migration
-- forward only
