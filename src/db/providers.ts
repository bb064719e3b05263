import { newId } from './ids.js';
import type { Page } from './page.js';
import type { Db } from './pool.js';
import { type SealingKey, seal, unseal } from './sealed.js';

/** A provider as its owner sees it: the key never comes back out. */
export type Provider = {
  id: string;
  name: string;
  baseUrl: string;
  defaultModel: string;
  maxTokens: number | null;
  createdAt: Date;
};

export type NewProvider = {
  name: string;
  baseUrl: string;
  apiKey: string;
  defaultModel: string;
  maxTokens?: number | undefined;
};

const columns = `id, name, base_url as "baseUrl", default_model as "defaultModel", max_tokens as "maxTokens",
  created_at as "createdAt"`;

const boundTo = (owner: string, id: string) => `${owner}/${id}`;

export async function createProvider(db: Db, key: SealingKey, owner: string, fields: NewProvider): Promise<Provider> {
  const id = newId('prv');
  const { rows } = await db.query<Provider>(
    `insert into providers (id, owner, name, base_url, sealed_key, default_model, max_tokens)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
    [
      id,
      owner,
      fields.name,
      fields.baseUrl,
      seal(key, fields.apiKey, boundTo(owner, id)),
      fields.defaultModel,
      fields.maxTokens ?? null,
    ],
  );
  return rows[0]!;
}

/** The owner's providers, oldest first. */
export async function listProviders(db: Db, owner: string, page: Page): Promise<Provider[]> {
  const { rows } = await db.query<Provider>(
    `select ${columns} from providers where owner = $1 and ($2::text is null or id > $2) order by id limit $3`,
    [owner, page.after, page.limit],
  );
  return rows;
}

/** What a turn's chat says of its model, and of who is to provide it. */
export type ChosenModel = {
  model: string | null;
  temperature: number | null;
  provider: {
    id: string;
    baseUrl: string;
    apiKey: string | null;
    defaultModel: string;
    maxTokens: number | null;
  } | null;
};

type Row = Omit<ChosenModel, 'provider'> & {
  id: string | null;
  owner: string;
  baseUrl: string;
  sealedKey: Buffer;
  defaultModel: string;
  maxTokens: number | null;
};

/** `apiKey` is null where it can't be opened: the key of keys is another than the one it was sealed with. */
export async function readChosenModel(db: Db, key: SealingKey | null, turnId: string): Promise<ChosenModel | null> {
  const { rows } = await db.query<Row>(
    `select ch.settings->>'model' as model, (ch.settings->>'temperature')::float as temperature,
       p.id, p.owner, p.base_url as "baseUrl", p.sealed_key as "sealedKey", p.default_model as "defaultModel",
       p.max_tokens as "maxTokens"
     from turns t join chats ch on ch.id = t.chat_id
     left join providers p on p.id = ch.settings->>'providerId' and p.owner = ch.owner
     where t.id = $1`,
    [turnId],
  );
  const row = rows[0];
  if (!row) return null;
  const { model, temperature, id, owner, sealedKey, baseUrl, defaultModel, maxTokens } = row;
  if (id === null) return { model, temperature, provider: null };
  const apiKey = key && unseal(key, sealedKey, boundTo(owner, id));
  return { model, temperature, provider: { id, baseUrl, apiKey, defaultModel, maxTokens } };
}
