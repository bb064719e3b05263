import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { mutations } from '../../scripts/mutants/mutations/index.js';

describe('the mutation that removes', () => {
  test.each(mutations)('$name has a text that occurs once in its file, and a test that exists', async (mutation) => {
    const source = await readFile(mutation.file, 'utf8');
    for (const [from] of mutation.replace) expect(source.split(from)).toHaveLength(2);
    const tests = await readFile(mutation.test.file, 'utf8');
    // In quotes: the run compares the whole name.
    const { name } = mutation.test;
    const quoted = [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``];
    expect(quoted.filter((each) => tests.includes(each))).not.toEqual([]);
  });
});
