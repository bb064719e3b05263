-- How long the attempts at what is streamed now have streamed so far, in milliseconds. Null is 0.
alter table drafts add column streamed_ms integer;
