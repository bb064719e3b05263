import { forgetProviderFacts, readProviderFacts, saveProviderFacts } from '../db/chats/providerFacts.js';
import type { Pool } from '../db/core/pool.js';
import { describeFact, type ProviderFact } from '../domain/providers/providerFact.js';
import { withinOr } from '../lib/within.js';
import { keptMs, type LearnedFacts, merge, without } from '../llm/profiles/learnedFacts.js';
import type { Log } from '../telemetry/log/log.js';

/** For how long facts are used without reading them again, in milliseconds: another worker may have learnt more. */
const FRESH_MS = 500;
/** The longest wait for Postgres, in milliseconds. Without it a request goes by what this process knows. */
const READ_WITHIN_MS = 250;
/** The models whose facts are kept in memory. */
const MAX_KNOWN = 500;

type Known = { facts: ProviderFact[]; at: number };

export type FactEvent = 'learned' | 'forgotten';
export type ProviderFacts = { of(server: { providerId: string | null; baseUrl: string }): LearnedFacts };

/** The facts about providers, shared by all workers through Postgres. `onFact` counts what this one learns and forgets. */
export function createProviderFacts(deps: {
  pool: Pool;
  log: Pick<Log, 'info' | 'warn'>;
  onFact(event: FactEvent, fact: ProviderFact): void;
}): ProviderFacts {
  const known = new Map<string, Known>();
  /** The classifiers of a turn ask at the same time: one read serves all. */
  const reads = new Map<string, Promise<ProviderFact[] | null>>();
  // One write after another: a fact may be forgotten and learnt again within one request.
  let writing: Promise<unknown> = Promise.resolve();

  const remember = (key: string, facts: ProviderFact[]) => {
    known.delete(key);
    known.set(key, { facts, at: Date.now() });
    if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
    return facts;
  };
  const readShared = (key: string, of: Parameters<typeof readProviderFacts>[1]) => {
    const reading = writing
      .then(() => readProviderFacts(deps.pool, of))
      .then((facts) => remember(key, facts))
      .catch(() => null)
      .finally(() => reads.delete(key));
    reads.set(key, reading);
    return reading;
  };
  const write = (work: () => Promise<void>) => {
    writing = writing
      .then(work)
      .catch((err: unknown) => deps.log.warn({ err }, 'facts about a provider could not be stored'));
  };
  const note = (event: FactEvent, model: string, facts: readonly ProviderFact[]) => {
    for (const fact of facts) deps.onFact(event, fact);
    deps.log.info({ model, facts: facts.map(describeFact) }, `facts about a provider were ${event}`);
  };

  return {
    of(server) {
      const keyOf = (model: string) => JSON.stringify([server.providerId, server.baseUrl, model]);
      const factsOf = (model: string) => known.get(keyOf(model))?.facts ?? [];
      return {
        async read(model) {
          const key = keyOf(model);
          const cached = known.get(key);
          if (cached && Date.now() - cached.at < FRESH_MS) return cached.facts;
          const facts = await withinOr(READ_WITHIN_MS, reads.get(key) ?? readShared(key, { ...server, model }), null);
          return facts ?? cached?.facts ?? [];
        },
        learned(model, lessons) {
          const facts = lessons.map(({ fact }) => fact);
          remember(keyOf(model), merge(factsOf(model), facts));
          note('learned', model, facts);
          const stored = lessons.flatMap(({ fact, keep }) =>
            keep === 'never' ? [] : [{ fact, keptMs: keptMs[keep] }],
          );
          write(() => saveProviderFacts(deps.pool, { ...server, model }, stored));
        },
        forgotten(model, facts) {
          remember(keyOf(model), without(factsOf(model), facts));
          note('forgotten', model, facts);
          write(() => forgetProviderFacts(deps.pool, { ...server, model }, facts));
        },
      };
    },
  };
}
