-- The character cards that characters were imported from: domain/narrative/cards/readCard.ts.
create table character_cards (
  character_id text primary key references characters on delete cascade,
  card jsonb not null
);

create table character_avatars (
  character_id text primary key references characters on delete cascade,
  media_type text not null,
  bytes bytea not null
);
-- Images are compressed already.
alter table character_avatars alter column bytes set storage external;
