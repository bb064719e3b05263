import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createToolNames } from './toolNames.js';

const long = `${'a'.repeat(80)}`;

test('a tool is named after its server and itself', () => {
  const names = createToolNames('files', ['files']).assign(['read', 'write.all']);
  expect([...names.values()]).toEqual(['mcp_files_read', 'mcp_files_write_all']);
});

test('tools of one server whose names differ only in what is replaced or cut have names of their own', () => {
  const remotes = ['a.b', 'a/b', 'a_b', `${long}1`, `${long}2`];
  const names = createToolNames('s', ['s']).assign(remotes);
  expect(names.get('a_b')).toBe('mcp_s_a_b');
  expect(new Set(names.values()).size).toBe(remotes.length);
  for (const name of names.values()) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
});

test('the names of tools do not depend on the order of the list', () => {
  const name = fc.stringMatching(/^[ab./_]{1,4}$|^a{61,70}[.12]$/);
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 12 }), (remotes) => {
      const names = createToolNames('s', ['s']).assign(remotes);
      expect(new Set(names.values()).size).toBe(remotes.length);
      const reversed = createToolNames('s', ['s']).assign(remotes.toReversed());
      for (const [remote, given] of names) expect(reversed.get(remote)).toBe(given);
    }),
  );
});

test('a tool keeps its name when the server adds one that would have the same', () => {
  const names = createToolNames('s', ['s']);
  expect(names.assign(['a.b']).get('a.b')).toBe('mcp_s_a_b');
  const later = names.assign(['a_b', 'a.b']);
  expect(later.get('a.b')).toBe('mcp_s_a_b');
  expect(later.get('a_b')).toMatch(/^mcp_s_a_b_[0-9a-f]{8}$/);
});

test('tools of two servers whose names run together have names of their own', () => {
  const all = ['a', 'a_b'];
  const [first] = createToolNames('a', all).assign(['b_c']).values();
  const [second] = createToolNames('a_b', all).assign(['c']).values();
  expect(first).toMatch(/^mcp_a_b_c_[0-9a-f]{8}$/);
  expect(second).toBe('mcp_a_b_c');
});
