-- Up Migration

-- Each content once. Who has it is in `attachments`; no owner learns whether another one has the same.
create table attachment_contents (
  sha256 bytea primary key,
  bytes bytea not null
);
-- Images are compressed already, and pieces of a value that is not compressed are read without the rest of it.
alter table attachment_contents alter column bytes set storage external;

create table attachments (
  id text primary key,
  owner text not null,
  media_type text not null,
  name text,
  size integer not null,
  sha256 bytea not null references attachment_contents,
  -- Whether a message ever had it. Others are removed after a day.
  attached boolean not null default false,
  created_at timestamptz not null default now()
);
create index attachments_of_owner on attachments (owner) include (size);
create index attachments_of_content on attachments (sha256);
create index attachments_unattached on attachments (created_at) where not attached;

-- The chats whose messages have an attachment.
create table chat_attachments (
  chat_id text not null,
  attachment_id text not null references attachments,
  primary key (chat_id, attachment_id)
);
create index chat_attachments_of_attachment on chat_attachments (attachment_id);

-- Down Migration
-- forward only
