import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GraphStep } from './artifacts.js';
import { buildPlan, type PlanNode, planJson } from './plan.js';

const search = (id: string, more: Partial<GraphStep> = {}): GraphStep => ({ id, searchName: `Search${id}`, ...more });
const on = (id: string, primary: string, secondary?: string): GraphStep => ({
  id,
  primaryInputStepId: primary,
  ...(secondary === undefined ? {} : { secondaryInputStepId: secondary }),
});
const build = (rootStepId: string | null, ...steps: GraphStep[]) => buildPlan({ steps, rootStepId });
const written = (root: PlanNode) => JSON.parse(planJson({ recordType: 'gene', root, metadata: { name: 'A' } }));

describe('a plan', () => {
  it('is the tree under the root step, with the fields of each step', () => {
    const root = build(
      'c',
      search('a', { parameters: { organism: ['x'] }, displayName: 'Genes of x' }),
      search('b', { colocationParams: { upstream: 500 } }),
      { ...on('c', 'a', 'b'), operator: 'INTERSECT' },
      search('elsewhere'),
    );
    expect(root).toEqual({
      id: 'c',
      searchName: '__combine__',
      parameters: {},
      operator: 'INTERSECT',
      primaryInput: { id: 'a', searchName: 'Searcha', parameters: { organism: ['x'] }, displayName: 'Genes of x' },
      secondaryInput: { id: 'b', searchName: 'Searchb', parameters: {}, colocationParams: { upstream: 500 } },
    });
  });

  it.each<[string, GraphStep]>([
    ['__combine__', on('c', 'a', 'b')],
    ['__combine__', { id: 'c', kind: 'combine' }],
    ['__combine__', { ...on('c', 'a'), kind: 'combine', searchName: '' }],
    ['__unknown__', on('c', 'a')],
    ['__unknown__', { id: 'c', kind: 'search', searchName: null }],
    ['Boolean', { ...on('c', 'a', 'b'), searchName: 'Boolean' }],
  ])('gives a step the name %s for the step %j', (searchName, step) => {
    expect(build('c', search('a'), search('b'), step)?.searchName).toBe(searchName);
  });

  it.each<[string, string | null, GraphStep[]]>([
    ['no steps', null, []],
    ['no root', null, [search('a')]],
    ['a root that is no step', 'x', [search('a')]],
    ['an input that is no step', 'b', [search('a'), on('b', 'a', 'x')]],
    ['one id for two steps', 'a', [search('a'), search('a')]],
    ['a step that is its own input', 'a', [on('a', 'a')]],
    ['a cycle through the root', 'a', [on('a', 'b'), on('b', 'a')]],
    ['a cycle below the root', 'a', [on('a', 'b', 'c'), search('b'), on('c', 'd'), on('d', 'b', 'c')]],
  ])('is null for a graph with %s', (_, rootStepId, steps) => {
    expect(build(rootStepId, ...steps)).toBeNull();
  });

  it('ignores a cycle among steps that the root does not reach', () => {
    expect(build('a', search('a'), on('b', 'c'), on('c', 'b'))).toMatchObject({ id: 'a' });
  });

  it('repeats a step under each step that takes it as its input', () => {
    const root = build('d', search('a'), on('b', 'a'), on('c', 'a'), on('d', 'b', 'c'))!;
    expect(written(root).root).toMatchObject({
      primaryInput: { id: 'b', primaryInput: { id: 'a' } },
      secondaryInput: { id: 'c', primaryInput: { id: 'a' } },
    });
    expect(written(build('b', search('a'), on('b', 'a', 'a'))!).root).toMatchObject({
      primaryInput: { id: 'a' },
      secondaryInput: { id: 'a' },
    });
  });

  it('is null where shared steps would make it grow without bound', () => {
    const steps = Array.from({ length: 60 }, (_, i) => (i === 0 ? search('0') : on(`${i}`, `${i - 1}`, `${i - 1}`)));
    expect(buildPlan({ steps, rootStepId: '10' })).not.toBeNull();
    expect(buildPlan({ steps, rootStepId: '59' })).toBeNull();
  });

  it.each([5_000, 10_000])('may be a chain of %i steps', (length) => {
    const steps = Array.from({ length }, (_, i) => (i === 0 ? search('0') : on(`${i}`, `${i - 1}`)));
    const root = buildPlan({ steps: steps.toReversed(), rootStepId: `${length - 1}` });
    let count = 0;
    for (let node: PlanNode | undefined = written(root!).root; node; node = node.primaryInput) count++;
    expect(count).toBe(length);
  });

  it('may hold thousands of steps that are inputs of one step', () => {
    const leaves = Array.from({ length: 4_000 }, (_, i) => search(`leaf${i}`));
    const joins = leaves.map((leaf, i) => on(`${i}`, i === 0 ? 'leaf0' : `${i - 1}`, leaf.id));
    const root = written(buildPlan({ steps: [...joins, ...leaves], rootStepId: '3999' })!).root;
    expect(root).toMatchObject({ id: '3999', searchName: '__combine__', secondaryInput: { id: 'leaf3999' } });
  });
});

/** Steps with ids 0 to n - 1; inputs are any of them, or none that there is. */
const anyGraph = fc.integer({ min: 1, max: 8 }).chain((count) => {
  const input = fc.option(fc.integer({ min: 0, max: count }).map(String), { nil: undefined });
  return fc.record({
    rootStepId: fc.integer({ min: 0, max: count }).map(String),
    steps: fc
      .array(fc.record({ primaryInputStepId: input, secondaryInputStepId: input }), {
        minLength: count,
        maxLength: count,
      })
      .map((steps) => steps.map((step, i): GraphStep => ({ id: String(i), ...step }))),
  });
});

/** The plan as one would write it if stacks had no end. */
function expected(steps: GraphStep[], id: string, above: string[]): { ids: unknown } | null {
  const step = steps.find((each) => each.id === id);
  if (!step || above.includes(id)) return null;
  const inputs = [step.primaryInputStepId, step.secondaryInputStepId].map((inputId) =>
    inputId ? expected(steps, inputId, [...above, id]) : undefined,
  );
  return inputs.includes(null) ? null : { ids: [id, ...inputs.map((input) => input?.ids ?? null)] };
}

const shape = (node: PlanNode | undefined): unknown =>
  node ? [node.id, shape(node.primaryInput), shape(node.secondaryInput)] : null;

describe('for any graph', () => {
  it('the plan equals the tree built by following the inputs, or is null', () => {
    fc.assert(
      fc.property(anyGraph, ({ steps, rootStepId }) => {
        const root = buildPlan({ steps, rootStepId });
        expect(root && shape(root)).toEqual(expected(steps, rootStepId, [])?.ids ?? null);
      }),
      { numRuns: 500 },
    );
  });

  it('the plan does not depend on the order of the steps', () => {
    fc.assert(
      fc.property(anyGraph, ({ steps, rootStepId }) => {
        const turned = buildPlan({ steps: steps.toReversed(), rootStepId });
        expect(turned).toEqual(buildPlan({ steps, rootStepId }));
      }),
    );
  });

  it('the serialised plan is what JSON.stringify returns', () => {
    fc.assert(
      fc.property(anyGraph, fc.string(), fc.jsonValue(), ({ steps, rootStepId }, name, value) => {
        const parameters = { value: value as unknown };
        const root = buildPlan({ steps: steps.map((step) => ({ ...step, parameters })), rootStepId });
        const plan = root && { recordType: null, root, metadata: { name } };
        if (plan) expect(JSON.parse(planJson(plan))).toEqual(JSON.parse(JSON.stringify(plan)));
      }),
    );
  });
});
