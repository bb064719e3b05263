import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { mutations } from '../../scripts/mutants/mutations.js';

describe('the mutation that takes away', () => {
  test.each(mutations)('$name names a text that its file holds once, and a test that exists', async (mutation) => {
    const source = await readFile(mutation.file, 'utf8');
    for (const [from] of mutation.replace) expect(source.split(from)).toHaveLength(2);
    const tests = await readFile(mutation.test.file, 'utf8');
    expect(tests.replaceAll("\\'", "'")).toContain(mutation.test.name);
  });
});
