import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { seal, unseal } from './sealed.js';

const key = randomBytes(32);

test('a sealed secret opens with its key and its context, and holds no readable text', () => {
  const sealed = seal(key, 'sk-secret', 'ann/prv_1');
  expect(unseal(key, sealed, 'ann/prv_1')).toBe('sk-secret');
  expect(sealed.toString('latin1')).not.toContain('secret');
  expect(seal(key, 'sk-secret', 'ann/prv_1').equals(sealed)).toBe(false);
});

test('a sealed secret does not open with another key, in another context, or after a change', () => {
  const sealed = seal(key, 'sk-secret', 'ann/prv_1');
  const changed = Buffer.from(sealed);
  changed[changed.length - 1]! ^= 1;
  expect(unseal(randomBytes(32), sealed, 'ann/prv_1')).toBeNull();
  expect(unseal(key, sealed, 'ben/prv_1')).toBeNull();
  expect(unseal(key, changed, 'ann/prv_1')).toBeNull();
  expect(unseal(key, Buffer.alloc(3), 'ann/prv_1')).toBeNull();
});
