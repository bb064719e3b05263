import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createSeededRandom } from '../../../scripts/chaos/seededRandom.js';
import { createMaker } from '../../../scripts/fuzz/fromSchema.js';
import { mutate, toJson, verbatim } from '../../../scripts/fuzz/hostile.js';
import { createIdPool } from '../../../scripts/fuzz/idPool.js';
import { type OpenApi, operationsOf, type Schema } from '../../../scripts/fuzz/operations.js';
import { createRequests } from '../../../scripts/fuzz/request.js';
import { createJudge } from '../../../scripts/fuzz/verdict.js';
import { wholeDocument } from '../../support/openApi.js';

const document = JSON.parse(JSON.stringify(wholeDocument())) as OpenApi;
const operations = operationsOf(document);

function parts(seed: number) {
  const random = createSeededRandom(seed, 'test');
  const ids = createIdPool(new Set(['chat_01890000-0000-7000-8000-00000000000f']), random);
  const make = createMaker(document, ids, random);
  const keys = { own: 'own', doomed: 'doomed' };
  const samples = [{ type: 'text/plain', bytes: Buffer.from('sample') }];
  return { random, make, requests: createRequests({ operations, ids, make, samples, keys }, random) };
}

describe('the requests of the fuzzer', () => {
  test('have bodies that mostly fit the schema of their operation before they are mutated', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'document');
    const { make } = parts(1);
    const poor = operations.flatMap(({ id, body }) => {
      if (body === null || body === 'bytes') return [];
      const validate = ajv.compile({ ...body, components: document.components } as Schema);
      const fit = Array.from({ length: 40 }, () => validate(JSON.parse(toJson(make(body))))).filter(Boolean).length;
      return fit >= 20 ? [] : [{ id, fit, errors: ajv.errorsText(validate.errors) }];
    });
    expect(poor).toEqual([]);
  });

  test('are the same for the same seed, and reach every operation with hostile and valid input', () => {
    const [a, b] = [parts(5).requests, parts(5).requests];
    const sent = Array.from({ length: 3_000 }, () => a.next());
    expect(sent.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => b.next()));
    expect(new Set(sent.map(({ operation }) => operation.id)).size).toBe(operations.length);
    expect(sent.some(({ path }) => path.includes('%00'))).toBe(true);
    expect(sent.some(({ path }) => path.includes('chat_01890000-0000-7000-8000-00000000000f'))).toBe(true);
  });

  test('can hold what no JSON value is: numbers without end, names that occur twice, and half surrogates', () => {
    const body = toJson({ a: verbatim('1e999'), b: verbatim('{"x":1,"x":2}'), c: verbatim('"\\ud800"') });
    expect(body).toBe('{"a":1e999,"b":{"x":1,"x":2},"c":"\\ud800"}');
  });

  test('are mutated in a copy', () => {
    const { random } = parts(2);
    const value = { a: [1, { b: 'x' }] };
    for (let n = 0; n < 200; n++) mutate(value, random);
    expect(value).toEqual({ a: [1, { b: 'x' }] });
  });
});

describe('the verdict on an answer', () => {
  const operation = operations.find(({ id }) => id === 'getChat')!;
  const request = { operation, isRouted: true, method: 'GET', path: '/', headers: {}, body: null };
  const judge = createJudge(document, ['canary']);
  const answer = (status: number, body: object, type = 'application/problem+json', headers = {}) => ({
    ...{ status, headers: { 'content-type': type, ...headers }, isWhole: true },
    body: Buffer.from(JSON.stringify(body)),
  });
  const problem = (status: number, code: string) => ({ type: 'urn:x', title: 't', status, detail: 'd', code });

  test('is good for a documented refusal', () => {
    expect(judge(request, answer(404, problem(404, 'chat_not_found')))).toBeNull();
  });

  test.each([
    ['a code of another operation', answer(404, problem(404, 'turn_not_found')), 'turn_not_found'],
    ['a failure', answer(500, problem(500, 'internal')), '500'],
    ['a 503 that does not say when to try again', answer(503, problem(503, 'database_unavailable')), 'Retry-After'],
    ['an error in another form', answer(404, problem(404, 'chat_not_found'), 'text/html'), 'text/html'],
    ['a success that is no chat', answer(200, { id: 'chat_1' }, 'application/json'), 'must have'],
    ['data of another owner', answer(200, { title: 'a canary' }, 'application/json'), 'another owner'],
  ])('names %s', (_, given, why) => {
    expect(judge(request, given)).toContain(why);
  });
});
