import type { ProfileSetting } from '../../domain/providers/profileNames.js';
import type { ProviderApi } from '../../domain/providers/providerApi.js';
import { describeFact, providerFact } from '../../domain/providers/providerFact.js';
import { newId } from '../core/ids.js';
import { type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { type SealingKey, seal, unseal } from '../core/sealed.js';
import { mustBeWithinLimit } from './ownerLimits.js';

/** A provider as its owner sees it. The key is never returned. */
export type Provider = {
  id: string;
  name: string;
  baseUrl: string;
  defaultModel: string;
  maxTokens: number | null;
  /** The provider that is asked when this one's attempts have run out. */
  fallbackId: string | null;
  /** The dialect in which the server is asked to continue a partial message. Null: it can't continue one. */
  continuation: string | null;
  /** The API that it speaks, and how its requests are written. Null: by the host of its base URL. */
  api: ProviderApi | null;
  profile: ProfileSetting;
  createdAt: Date;
  /** What its refusals have taught, the newest 50, oldest first. */
  learned: LearnedFact[];
};

/** A fact in words, about requests for one model. */
export type LearnedFact = { model: string; fact: string; learnedAt: string };

export type NewProvider = {
  name: string;
  baseUrl: string;
  apiKey: string;
  defaultModel: string;
  maxTokens?: number | undefined;
  fallbackId?: string | undefined;
  continuation?: string | undefined;
  api?: ProviderApi | undefined;
  profile?: ProfileSetting | undefined;
};

export const columns = `id, name, base_url as "baseUrl", default_model as "defaultModel", max_tokens as "maxTokens",
  fallback_id as "fallbackId", continuation, api, coalesce(profile, 'auto') as profile, created_at as "createdAt"`;

export const boundTo = (owner: string, id: string) => `${owner}/${id}`;

/** The owner who stores a provider. `isOperator` is true for the local owner of a server without API keys. */
export type ProviderOwner = { owner: string; isOperator: boolean };

/**
 * Stores a provider with its key encrypted. Throws `ChatRefused` when the owner already has `max`, or does not have the
 * fallback.
 */
export function createProvider(
  pool: Pool,
  key: SealingKey,
  of: ProviderOwner,
  fields: NewProvider,
  max?: number,
): Promise<Provider> {
  return transaction(pool, async (tx) => {
    await mustBeWithinLimit(tx, 'providers', of.owner, max);
    if (fields.fallbackId !== undefined && !(await keepProvider(tx, of.owner, fields.fallbackId)))
      throw new ChatRefused('provider_not_found', 'fallbackId');
    return insertProvider(tx, key, of, fields);
  });
}

async function insertProvider(
  tx: Tx,
  key: SealingKey,
  { owner, isOperator }: ProviderOwner,
  fields: NewProvider,
): Promise<Provider> {
  const id = newId('prv');
  const { rows } = await tx.query<Provider>(
    `insert into providers (id, owner, name, base_url, sealed_key, default_model, max_tokens, fallback_id,
                            continuation, by_operator, api, profile)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning ${columns}, '[]'::json as learned`,
    [
      id,
      owner,
      fields.name,
      fields.baseUrl,
      seal(key, fields.apiKey, boundTo(owner, id)),
      fields.defaultModel,
      fields.maxTokens ?? null,
      fields.fallbackId ?? null,
      fields.continuation ?? null,
      isOperator,
      fields.api ?? null,
      fields.profile ?? null,
    ],
  );
  return rows[0]!;
}

/** Whether the owner has the provider. Then it can not be deleted until the transaction ends. */
export async function keepProvider(tx: Tx, owner: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.query('select from providers where id = $1 and owner = $2 for key share', [id, owner]);
  return rowCount === 1;
}

export const learned = `(select coalesce(json_agg(f order by f.id), '[]') from (
    select id, model, fact::json as fact, learned_at as "learnedAt" from provider_facts
    where provider_id = providers.id and expires_at > now() order by learned_at desc, id desc limit 50) f) as learned`;

const list: ListSpec = {
  columns: `${columns}, ${learned}`,
  from: 'providers',
  where: 'owner = $1',
  key: 'id',
  bytes: 'octet_length(name) + octet_length(base_url) + octet_length(default_model)',
};

/** A page of the owner's providers, oldest first. */
export async function listProviders(db: Db, owner: string, page: Page): Promise<Provider[]> {
  const rows = await readPage<Listed>(db, list, owner, page);
  return rows.map(toProvider);
}

export const toProvider = (row: Listed): Provider => ({ ...row, learned: row.learned.flatMap(toLearnedFact) });

export type Listed = Omit<Provider, 'learned'> & { learned: StoredFact[] };

type StoredFact = { model: string; fact: unknown; learnedAt: string };

function toLearnedFact({ model, fact, learnedAt }: StoredFact): LearnedFact[] {
  const parsed = providerFact.safeParse(fact);
  return parsed.success
    ? [{ model, fact: describeFact(parsed.data), learnedAt: new Date(learnedAt).toISOString() }]
    : [];
}

/**
 * A provider with its key. `apiKey` is null when it can't be decrypted, because the sealing key is missing or has
 * changed.
 */
export type UsableProvider = {
  id: string;
  baseUrl: string;
  apiKey: string | null;
  defaultModel: string;
  maxTokens: number | null;
  continuation: string | null;
  api: string | null;
  profile: string | null;
  /** Whether the operator stored it. Such a provider may have a private address. */
  byOperator: boolean;
};

/** The model and the providers that the settings of a turn's chat choose. Null: the server's default. */
export type ChosenModel = {
  model: string | null;
  temperature: number | null;
  /** Whether the model is asked to reason before it answers. */
  thinking: boolean;
  provider: UsableProvider | null;
  /** The provider that is asked when the attempts at the first one have run out. */
  fallback: UsableProvider | null;
  /** Whether the chat's provider was deleted. */
  isGone: boolean;
};

type Row = Omit<UsableProvider, 'apiKey'> & { owner: string; sealedKey: Buffer };

/**
 * Reads the choice of a chat, which is named by its id or that of a turn, with decrypted keys. Null when the turn or its
 * chat was deleted.
 */
export async function readChosenModel(db: Db, key: SealingKey | null, of: string): Promise<ChosenModel | null> {
  const { rows } = await db.query<{
    model: string | null;
    temperature: number | null;
    thinking: boolean;
    providerId: string | null;
    owner: string;
  }>(
    `select s.settings->>'model' as model, (s.settings->>'temperature')::float as temperature,
       coalesce((s.settings->>'thinkingEnabled')::boolean, false) as thinking, s.settings->>'providerId' as "providerId", s.owner
     from (select coalesce((select t.settings from turns t where t.id = $1), ch.settings) as settings, ch.owner
           from chats ch where ch.id = coalesce((select t.chat_id from turns t where t.id = $1), $1)) s`,
    [of],
  );
  const chat = rows[0];
  if (!chat) return null;
  const { providerId, owner, ...chosen } = chat;
  const [provider = null, fallback = null] = providerId ? await readUsable(db, key, owner, providerId) : [];
  return { ...chosen, provider, fallback, isGone: providerId !== null && provider === null };
}

/** The provider, then its fallback if it has one. */
async function readUsable(db: Db, key: SealingKey | null, owner: string, id: string): Promise<UsableProvider[]> {
  const { rows } = await db.query<Row>(
    `select p.id, p.owner, p.base_url as "baseUrl", p.sealed_key as "sealedKey", p.default_model as "defaultModel",
       p.max_tokens as "maxTokens", p.continuation, p.api, p.profile, coalesce(p.by_operator, false) as "byOperator"
     from providers p
     where p.owner = $2 and (p.id = $1 or p.id = (select fallback_id from providers where id = $1 and owner = $2))
     order by p.id = $1 desc`,
    [id, owner],
  );
  return rows.map(({ sealedKey, owner: of, ...row }) => ({
    ...row,
    apiKey: key && unseal(key, sealedKey, boundTo(of, row.id)),
  }));
}
