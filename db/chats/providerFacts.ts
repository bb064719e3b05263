import { type ProviderFact, providerFact } from '../../domain/providers/providerFact.js';
import { type Db, type Pool, transaction } from '../core/pool.js';

/** A server and model that facts are about. `providerId` is null for a provider of the configuration. */
export type FactsOf = { providerId: string | null; baseUrl: string; model: string };

/** The most facts of one stored provider, and of all configured ones together. The newest are kept. */
const MAX_FACTS = 200;
/** The most rows that one statement deletes. */
const BATCH = 500;

const matches = `md5(base_url || ' ' || model) = md5($2 || ' ' || $3) and coalesce(provider_id, '') = coalesce($1, '')
  and base_url = $2 and model = $3`;

const keyOf = ({ providerId, baseUrl, model }: FactsOf) => [providerId, baseUrl, model];

/** The facts that have not expired, in the order in which they were learnt. Facts in an unknown form are left out. */
export async function readProviderFacts(db: Db, of: FactsOf): Promise<ProviderFact[]> {
  const { rows } = await db.query<{ fact: unknown }>(
    `select fact::json as fact from provider_facts where ${matches} and expires_at > now() order by id limit ${MAX_FACTS}`,
    keyOf(of),
  );
  return rows.flatMap(({ fact }) => {
    const parsed = providerFact.safeParse(fact);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Stores facts, or stores known ones for longer. `keptMs`: for how long, in milliseconds. */
export function saveProviderFacts(
  pool: Pool,
  of: FactsOf,
  facts: readonly { fact: ProviderFact; keptMs: number }[],
): Promise<void> {
  return transaction(pool, async (tx) => {
    await tx.query(
      `insert into provider_facts (provider_id, base_url, model, fact, expires_at)
       select $1, $2, $3, f.fact, now() + f.kept_ms * interval '1 millisecond'
       from unnest($4::text[], $5::float8[]) with ordinality as f(fact, kept_ms, n) order by f.n
       on conflict (md5(base_url || ' ' || model), (coalesce(provider_id, '')), md5(fact))
       do update set learned_at = now(), expires_at = excluded.expires_at`,
      [...keyOf(of), facts.map(({ fact }) => JSON.stringify(fact)), facts.map(({ keptMs }) => keptMs)],
    );
    await tx.query(
      `delete from provider_facts where id = any(array(
         select id from provider_facts where expires_at < now() union all
         (select id from provider_facts where provider_id is not distinct from $1
          order by learned_at desc, id desc offset ${MAX_FACTS}) limit ${BATCH}))`,
      [of.providerId],
    );
  });
}

/** Deletes facts that have proved wrong. */
export async function forgetProviderFacts(db: Db, of: FactsOf, facts: readonly ProviderFact[]): Promise<void> {
  await db.query(`delete from provider_facts where ${matches} and fact = any($4::text[])`, [
    ...keyOf(of),
    facts.map((fact) => JSON.stringify(fact)),
  ]);
}
