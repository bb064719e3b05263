import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { readIdempotencyKey, readWait } from './turnHeaders.js';

const request = (headers: Record<string, string>) => ({ headers }) as unknown as Request;

describe('the header Prefer', () => {
  it.each([
    ['wait=10', 10],
    ['respond-async, wait=5', 5],
    ['Wait = "7"', 7],
    ['wait=3; foo=bar', 3],
    ['wait=100000', 300],
    ['wait=0', null],
    ['wait=-1', null],
    ['wait=soon', null],
    ['waiting=5', null],
    ['', null],
  ])('with the value %j means a wait of %j seconds', (prefer, seconds) =>
    expect(readWait(request({ prefer }))).toBe(seconds),
  );
});

describe('the header Idempotency-Key', () => {
  it.each(['k', 'a b', '"quoted"', 'x'.repeat(255), '~'])('accepts %j', (key) =>
    expect(readIdempotencyKey(request({ 'idempotency-key': key }))).toBe(key),
  );

  it.each(['', 'x'.repeat(256), 'é', 'a\tb', 'a\x7fb'])('refuses %j', (key) =>
    expect(() => readIdempotencyKey(request({ 'idempotency-key': key }))).toThrow('invalid_idempotency_key'),
  );
});
