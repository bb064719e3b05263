import type { ProviderFact } from '../../domain/providers/providerFact.js';
import type { ModelFacts } from './modelFacts.js';
import { samplingOptions } from './samplingOptions.js';

/** The facts about a model in the form in which all APIs store them. Fields have the names of the Messages API. */
export const toProviderFacts = ({
  thinking,
  maxTokens,
  cache,
  toolChoice,
  images,
  ...sampling
}: ModelFacts): ProviderFact[] => [
  ...(thinking === 'none' ? [without('thinking')] : []),
  ...(thinking === 'adaptive' ? [fixed('thinking', 'adaptive')] : []),
  ...samplingOptions.filter(({ option }) => sampling[option] === 'none').map(({ field }) => without(field)),
  ...(maxTokens === undefined ? [] : [{ kind: 'capped' as const, field: 'max_tokens', max: maxTokens }]),
  ...(cache === 'none' ? [without('cache_control')] : []),
  ...(toolChoice === 'auto' ? [fixed('tool_choice', 'auto')] : []),
  ...(images === 'none' ? [{ kind: 'messages' as const, rule: 'no_images' as const }] : []),
];

const without = (field: string): ProviderFact => ({ kind: 'without', field });
const fixed = (field: string, value: string): ProviderFact => ({ kind: 'fixed', field, value, when: 'always' });

/** The stored facts. A later one takes precedence. One that this API does not know is left out. */
export const toModelFacts = (facts: readonly ProviderFact[]): ModelFacts =>
  Object.assign({}, ...facts.map(oneOf)) as ModelFacts;

function oneOf(fact: ProviderFact): ModelFacts {
  switch (fact.kind) {
    case 'without':
      if (fact.field === 'thinking') return { thinking: 'none' };
      if (fact.field === 'cache_control') return { cache: 'none' };
      return Object.fromEntries(
        samplingOptions.flatMap(({ option, field }) => (field === fact.field ? [[option, 'none']] : [])),
      );
    case 'fixed':
      if (fact.field === 'thinking' && fact.value === 'adaptive') return { thinking: 'adaptive' };
      return fact.field === 'tool_choice' && fact.value === 'auto' ? { toolChoice: 'auto' } : {};
    case 'capped':
      return fact.field === 'max_tokens' && fact.max >= 1 ? { maxTokens: fact.max } : {};
    case 'renamed':
    case 'answers':
    case 'schema_without':
      return {};
    case 'messages':
      return fact.rule === 'no_images' ? { images: 'none' } : {};
  }
}
