import { expect, test } from '@jest/globals';
import type { Request } from 'express';
import { takesBytes } from './byteBodies.js';

const isBytes = takesBytes([
  { method: 'post', path: '/v1/characters/import', bytes: true },
  { method: 'put', path: '/v1/characters/:characterId/avatar', bytes: true },
  { method: 'post', path: '/v1/characters' },
]);

test.each([
  ['POST', '/characters/import', true],
  ['POST', '/Characters/import/', true],
  ['PUT', '/characters/import', false],
  ['PUT', '/characters/chr_1/avatar', true],
  ['PUT', '/characters/chr_1/more/avatar', false],
  ['POST', '/characters', false],
  ['POST', '/characters/import/more', false],
])('whether the body of %s %s is bytes: %s', (method, path, expected) => {
  expect(isBytes({ method, baseUrl: '/v1', path } as Request)).toBe(expected);
});
