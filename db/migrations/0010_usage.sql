-- Up Migration

-- One row a request of a turn to a model, from before it is sent until the turn ends and its usage is added up: an
-- attempt that is lost with its worker has left its row.
create table model_calls (
  turn_id text not null references turns on delete cascade,
  step text not null,
  -- from 1 within the step, as in the request's id
  attempt integer not null,
  -- null until it is known that the request was sent
  model text,
  -- estimates while it runs: of its prompt, and of what was received by the newest checkpoint
  prompt_tokens integer,
  completion_tokens integer not null default 0,
  -- the draft's epoch that its text is in, and the epoch whose text it continued
  epoch integer,
  continued_epoch integer,
  -- as counted once it ended
  usage jsonb,
  -- whether a reply or an answer came of it
  used boolean not null default false,
  position integer generated always as identity,
  primary key (turn_id, step, attempt)
);

alter table drafts
  -- the attempt whose request the draft comes from: later ones may go on with its answer
  add column asked_attempt integer not null default 0,
  -- what the provider's answer said of `last_error`, cleaned
  add column error_detail jsonb;
alter table turn_steps add column error_detail jsonb;

-- Of turns that are under way: what has landed, and the attempts at what has not.
insert into model_calls (turn_id, step, attempt, model, usage, used)
select e.turn_id, e.step, 1, e.data->>'model', e.data->'usage', true
from turns t join events e on e.chat_id = t.chat_id and e.turn_id = t.id
where t.status in ('running', 'awaiting_operator') and e.kind = 'assistant_turn' and e.data ? 'usage';

insert into model_calls (turn_id, step, attempt, model, usage, used)
select i.turn_id, case when i.task_call_id = '' then 'reply:' || i.iteration else 'tool:' || i.task_call_id end,
  case when i.task_call_id = '' then 1 else i.iteration + 1 end, i.model, i.usage, true
from turns t join agent_iterations i on i.turn_id = t.id
where t.status in ('running', 'awaiting_operator')
  and not exists (select from model_calls c where c.turn_id = t.id)
on conflict do nothing;

insert into model_calls (turn_id, step, attempt)
select d.turn_id, 'reply:' || case when t.kind = 'agent' then (
    select count(*) from agent_iterations i where i.turn_id = t.id and i.task_call_id = '') else d.beat end, n
from turns t join drafts d on d.turn_id = t.id cross join generate_series(1, d.attempt) as n
where t.status in ('running', 'awaiting_operator') and d.status = 'streaming'
on conflict do nothing;

update drafts set asked_attempt = attempt where status = 'streaming';

-- Down Migration
-- forward only
