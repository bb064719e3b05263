-- What refusals have taught about requests to providers, by base URL and model: domain/providers/providerFact.ts.
create table provider_facts (
  id bigint generated always as identity primary key,
  -- null: a provider of the configuration
  provider_id text references providers on delete cascade,
  base_url text not null,
  model text not null,
  -- JSON
  fact text not null,
  learned_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index provider_facts_of_provider on provider_facts (provider_id, learned_at);
-- A base URL may be longer than an entry of an index.
create unique index provider_facts_once on provider_facts
  (md5(base_url || ' ' || model), (coalesce(provider_id, '')), md5(fact));
