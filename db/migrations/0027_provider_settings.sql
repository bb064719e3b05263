-- Up Migration

alter table providers
  -- The API that the provider speaks. null: by the host of its base URL.
  add column api text,
  -- How its requests are written. null: by the host.
  add column profile text;

-- Whether a chat uses a provider, which then can not be deleted.
create index chats_by_provider on chats ((settings->>'providerId')) where settings->>'providerId' is not null;

-- Down Migration
-- forward only
