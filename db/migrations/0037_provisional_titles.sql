-- Up Migration

-- The chat's title stands in until a classifier has named the chat: a client took it from the first message.
alter table chats add column title_is_provisional boolean not null default false;

-- Down Migration
-- forward only
