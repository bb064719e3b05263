import { describe, expect, test } from '@jest/globals';
import { offeredSchema } from './offeredSchema.js';
import type { Schema } from './subschemas.js';
import { tidySchema } from './tidySchema.js';

const offered = (schema: Schema) => offeredSchema(tidySchema(schema));
const string = { type: 'string' };
const object = (properties: Schema, more: Schema = {}) => ({ type: 'object', properties, ...more });

describe('the schema of a tool as providers are offered it', () => {
  test('is the same where nothing is missing', () => {
    const whole = object(
      {
        a: { ...string, enum: ['x', 'y'] },
        b: { type: 'array', items: object({ c: { anyOf: [string, { type: 'null' }] } }) },
      },
      { required: ['a'], additionalProperties: false, description: 'All of it.' },
    );
    expect(offered(whole)).toEqual(whole);
  });

  test.each<[string, Schema, Schema]>([
    ['an object without properties', { type: 'object' }, object({})],
    ['nothing at all', {}, object({})],
    ['properties without a type', { properties: { a: string } }, object({ a: string })],
    ['an empty list in the place of properties', { type: 'object', properties: [] }, object({})],
    ['an array without items', object({ a: { type: 'array' } }), object({ a: { type: 'array', items: {} } })],
    [
      'an array inside of a choice without items',
      object({ a: { anyOf: [{ type: 'array' }, string] } }),
      object({ a: { anyOf: [{ type: 'array', items: {} }, string] } }),
    ],
    [
      'an array among several types without items',
      object({ a: { type: ['array', 'null'] } }),
      object({ a: { type: ['array', 'null'], items: {} } }),
    ],
    [
      'items by their place',
      object({ a: { type: 'array', items: [string, { type: 'number' }] } }),
      object({ a: { type: 'array', items: { anyOf: [string, { type: 'number' }] } } }),
    ],
    ['a nested object without a type', object({ a: { properties: { b: {} } } }), object({ a: object({ b: {} }) })],
    ['an enum without a type', object({ a: { enum: ['x'] } }), object({ a: { type: 'string', enum: ['x'] } })],
    ['a required property that is not listed', object({}, { required: ['a'] }), object({ a: {} }, { required: ['a'] })],
    ['properties that are true or false', object({ a: true, b: false }), object({ a: {} })],
    ['annotations that providers refuse', { $schema: 'x', $id: 'y', $comment: 'z', ...object({}) }, object({})],
    ['required as in draft 3', object({ a: { type: 'string', required: true } }), object({ a: string })],
    [
      'an exclusive limit as in draft 4',
      object({ a: { type: 'number', minimum: 0, exclusiveMinimum: true } }),
      object({ a: { type: 'number', exclusiveMinimum: 0 } }),
    ],
  ])('is completed for %s', (_, sent, expected) => {
    expect(offered(sent)).toEqual(expected);
  });

  test('has definitions in the place of references, and anything in the place of a definition inside itself', () => {
    const node = object({ name: string, children: { type: 'array', items: { $ref: '#/$defs/node' } } });
    const schema = {
      ...object({ a: { $ref: '#/$defs/node', description: 'The root.' }, b: { $ref: '#/definitions/a~1b%20c' } }),
      $defs: { node },
      definitions: { 'a/b c': string },
    };
    expect(offered(schema)).toEqual(
      object({
        a: { ...object({ name: string, children: { type: 'array', items: {} } }), description: 'The root.' },
        b: string,
      }),
    );
  });

  test('stays small where definitions double themselves', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [
        `d${n}`,
        n === 59 ? string : object({ a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } }),
      ]),
    );
    const schema = { ...object({ a: { $ref: '#/$defs/d0' } }), $defs: doubling };
    expect(JSON.stringify(offered(schema)).length).toBeLessThan(200_000);
  });

  test('has the properties of all branches in the place of a choice at the top', () => {
    const choice = {
      type: 'object',
      anyOf: [
        object({ type: { const: 'file' }, path: string }, { required: ['type', 'path'] }),
        object({ type: { const: 'url' }, url: string }, { required: ['type', 'url'] }),
      ],
    };
    expect(offered(choice)).toEqual({
      type: 'object',
      description: 'Required is one of these sets of arguments: type and path; or type and url.',
      properties: { type: { anyOf: [{ const: 'file' }, { const: 'url' }] }, path: string, url: string },
      required: ['type'],
    });
  });

  test.each<[string, Schema, Schema]>([
    [
      'allOf',
      { type: 'object', allOf: [object({ a: string }, { required: ['a'] }), object({ b: string })] },
      object({ a: string, b: string }, { required: ['a'] }),
    ],
    [
      'oneOf of names only',
      object({ a: string, b: string }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
      object({ a: string, b: string }, { description: 'Required is one of these sets of arguments: a; or b.' }),
    ],
    [
      'not and if',
      object({ a: string }, { not: {}, if: {}, else: object({ b: string }) }),
      object({ a: string, b: string }),
    ],
  ])('has no %s at the top', (_, sent, expected) => {
    expect(offered(sent)).toEqual(expected);
  });
});
