import { describe, expect, test } from '@jest/globals';
import { within, withinOr } from './within.js';

const never = new Promise<string>(() => {});

describe('a wait with a bound', () => {
  test('gives what the work gives in time', async () => {
    expect(await within(60_000, Promise.resolve('done'), () => new Error('late'))).toBe('done');
    expect(await withinOr(60_000, Promise.resolve('done'), 'late')).toBe('done');
  });

  test('rejects as the work rejects in time', async () => {
    const failed = () => Promise.reject(new Error('failed'));
    await expect(within(60_000, failed(), () => new Error('late'))).rejects.toThrow('failed');
    await expect(withinOr(60_000, failed(), 'late')).rejects.toThrow('failed');
  });

  test('ends after its time', async () => {
    await expect(within(5, never, () => new Error('late'))).rejects.toThrow('late');
    expect(await withinOr(5, never, 'late')).toBe('late');
  });
});
