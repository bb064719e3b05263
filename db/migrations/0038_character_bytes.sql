-- Up Migration

-- The bytes of a character's card, as JSON, and of its avatar. Triggers keep it.
lock table character_cards, character_avatars in share row exclusive mode;
alter table characters add column file_bytes bigint not null default 0;

create function add_card_bytes() returns trigger language plpgsql as $$
begin
  -- With the character itself they go uncounted: its row has counted them.
  update characters set file_bytes = file_bytes
      + coalesce(octet_length(new.card::text), 0) - coalesce(octet_length(old.card::text), 0)
    where id = coalesce(new.character_id, old.character_id);
  return null;
end $$;

create function add_avatar_bytes() returns trigger language plpgsql as $$
begin
  update characters set file_bytes = file_bytes
      + coalesce(octet_length(new.bytes), 0) - coalesce(octet_length(old.bytes), 0)
    where id = coalesce(new.character_id, old.character_id);
  return null;
end $$;

create function count_character_bytes() returns trigger language plpgsql as $$
declare amount bigint :=
  coalesce(octet_length(new.persona), 0) + coalesce(octet_length(new.greeting), 0) + coalesce(new.file_bytes, 0)
  - coalesce(octet_length(old.persona), 0) - coalesce(octet_length(old.greeting), 0) - coalesce(old.file_bytes, 0);
begin
  if amount <> 0 then
    perform add_usage(coalesce(new.owner, old.owner), 'characterBytes', amount);
  end if;
  return null;
end $$;

update characters c set file_bytes =
    coalesce((select octet_length(card::text) from character_cards where character_id = c.id), 0)
    + coalesce((select octet_length(bytes) from character_avatars where character_id = c.id), 0)
  where exists (select from character_cards where character_id = c.id)
    or exists (select from character_avatars where character_id = c.id);

insert into owner_usage (owner, what, shard, used)
select owner, 'characterBytes', 0, sum(octet_length(persona) + coalesce(octet_length(greeting), 0) + file_bytes)
from characters group by owner;

create trigger add_card_bytes after insert or update or delete on character_cards
  for each row execute function add_card_bytes();
create trigger add_avatar_bytes after insert or update or delete on character_avatars
  for each row execute function add_avatar_bytes();
create constraint trigger count_character_bytes after insert or delete or update of persona, greeting, file_bytes
  on characters deferrable initially deferred for each row execute function count_character_bytes();

-- Down Migration
-- forward only
