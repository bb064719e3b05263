/** What a tool of a permission level may do, in words, and the sign that goes with them. */
export function permissionLabel(level: number): { words: string; sign: 'good' | 'warn' | 'bad' } {
  if (level <= 1) return { words: 'reads', sign: 'good' };
  if (level === 2) return { words: 'writes', sign: 'warn' };
  return { words: 'dangerous', sign: 'bad' };
}
