import { describeFact, type ProviderFact } from '../../domain/providers/providerFact.js';
import type { Keep, Lesson } from './lessons.js';

/** What was learnt of one server, by model. Each process reads what all have learnt. */
export type LearnedFacts = {
  /** The facts that hold for a model, in the order in which they were learnt. Never throws. */
  read(model: string): Promise<readonly ProviderFact[]>;
  /** Keeps facts that an accepted request confirmed. Never throws or waits. */
  learned(model: string, lessons: readonly Lesson[]): void;
  /** Forgets facts that have proved wrong. Never throws or waits. */
  forgotten(model: string, facts: readonly ProviderFact[]): void;
};

const DAY_MS = 86_400_000;
/** How long a fact is kept, in milliseconds. A model may change behind its name, so it is learnt again. */
export const keptMs: Readonly<Record<Exclude<Keep, 'never'>, number>> = { weeks: 28 * DAY_MS, day: DAY_MS };

const MAX_MODELS = 200;

/** Facts in memory only. */
export function createLocalFacts(): LearnedFacts {
  const known = new Map<string, ProviderFact[]>();
  const put = (model: string, facts: ProviderFact[]) => {
    known.delete(model);
    if (facts.length > 0) known.set(model, facts);
    if (known.size > MAX_MODELS) known.delete(known.keys().next().value!);
  };
  return {
    read: async (model) => known.get(model) ?? [],
    learned: (model, lessons) =>
      put(
        model,
        merge(
          known.get(model) ?? [],
          lessons.map(({ fact }) => fact),
        ),
      ),
    forgotten: (model, facts) => put(model, without(known.get(model) ?? [], facts)),
  };
}

/** The facts with those that are new among `more`. */
export const merge = (facts: readonly ProviderFact[], more: readonly ProviderFact[]): ProviderFact[] => [
  ...without(facts, more),
  ...more,
];

export const without = (facts: readonly ProviderFact[], gone: readonly ProviderFact[]): ProviderFact[] => {
  const words = new Set(gone.map(describeFact));
  return facts.filter((fact) => !words.has(describeFact(fact)));
};
