import type { Db } from '../core/pool.js';
import { type SealingKey, unseal } from '../core/sealed.js';
import { boundTo } from './providers.js';

/** A provider of the owner with its key; null when the key can't be decrypted. */
export type OwnProvider = {
  id: string;
  name: string;
  baseUrl: string;
  defaultModel: string;
  apiKey: string | null;
  byOperator: boolean;
  /** The API and the profile that it was stored with; null for none. */
  api: string | null;
  profile: string | null;
};

/** The owner's providers with their keys, at most `max`, oldest first. */
export async function readOwnProviders(
  db: Db,
  key: SealingKey | null,
  owner: string,
  max: number,
): Promise<OwnProvider[]> {
  const { rows } = await db.query<Omit<OwnProvider, 'apiKey'> & { sealedKey: Buffer }>(
    `select id, name, base_url as "baseUrl", default_model as "defaultModel", sealed_key as "sealedKey",
       coalesce(by_operator, false) as "byOperator", api, profile
     from providers where owner = $1 order by id limit $2`,
    [owner, max],
  );
  return rows.map(({ sealedKey, ...row }) => ({
    ...row,
    apiKey: key && unseal(key, sealedKey, boundTo(owner, row.id)),
  }));
}
