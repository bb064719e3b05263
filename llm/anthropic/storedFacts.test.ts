import { describe, expect, test } from '@jest/globals';
import { providerFact } from '../../domain/providers/providerFact.js';
import type { ModelFacts } from './modelFacts.js';
import { toModelFacts, toProviderFacts } from './storedFacts.js';

describe('facts about a model of the Messages API', () => {
  test.each<ModelFacts>([
    {},
    { thinking: 'none' },
    { thinking: 'adaptive', maxTokens: 4_096 },
    { temperature: 'none', cache: 'none', toolChoice: 'auto' },
  ])('are read as they were stored: %j', (facts) => {
    const stored = toProviderFacts(facts);
    expect(toModelFacts(stored.map((fact) => providerFact.parse(JSON.parse(JSON.stringify(fact)))))).toEqual(facts);
  });

  test('are the later ones where two are about one field', () => {
    expect(
      toModelFacts([...toProviderFacts({ thinking: 'adaptive' }), ...toProviderFacts({ thinking: 'none' })]),
    ).toEqual({
      thinking: 'none',
    });
  });

  test('of another API are left out', () => {
    expect(
      toModelFacts([
        { kind: 'messages', rule: 'alternate_roles' },
        { kind: 'renamed', field: 'max_tokens', to: 'max_completion_tokens' },
        { kind: 'fixed', field: 'reasoning_effort', value: 'none', when: 'tools' },
        { kind: 'without', field: 'stream_options' },
      ]),
    ).toEqual({});
  });
});
