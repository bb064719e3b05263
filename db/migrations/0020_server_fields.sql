-- What a provider attaches to a reply and wants back with its calls. As text, because jsonb does not store U+0000.
-- `origin` is the provider and model that the iteration came from: nothing is sent back to others.
alter table agent_iterations
  add column origin text,
  -- the name under which the server sent its thinking, if the thinking goes back under it
  add column reasoning_field text,
  -- a JSON array of blocks with signatures or encrypted content
  add column reasoning_blocks text;

-- a JSON object of the fields beside the call's name and arguments
alter table tool_calls add column server_fields text;
