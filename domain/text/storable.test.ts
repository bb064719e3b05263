import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unstorableReason } from './storable.js';

/** Nested `depth` levels deep, made from its text: writing it would recurse. */
const nested = (depth: number): unknown => JSON.parse(`${'[{"a":'.repeat(depth / 2)}0${'}]'.repeat(depth / 2)}`);

describe('a parsed JSON value', () => {
  it('is accepted for storage, whatever its type', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(unstorableReason(value)).toBeNull();
      }),
    );
  });

  it.each([['\0'], ['a\ud800'], [['\udc00b']], [{ a: { '\0': 1 } }], [{ a: [1, { b: 'x\0' }] }]])(
    'is refused with text that Postgres cannot store: %j',
    (value) => {
      expect(unstorableReason(value)).toBe('must not hold U+0000 or half a surrogate pair');
    },
  );

  it('is refused with a number that JSON cannot represent', () => {
    expect(unstorableReason(JSON.parse('{"a":[1e400]}'))).toBe('must hold finite numbers only');
  });

  it('is accepted up to 1,000 levels of nesting and refused beyond', () => {
    expect(unstorableReason(nested(1_000))).toBeNull();
    for (const depth of [1_002, 500_000]) expect(unstorableReason(nested(depth))).toContain('1000 levels');
  });
});
