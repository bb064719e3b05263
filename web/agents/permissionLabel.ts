/** The label of a tool's permission level, and the tone in which it is shown. */
export function permissionLabel(level: number): { label: string; tone: 'good' | 'warn' | 'bad' } {
  if (level <= 1) return { label: 'read-only', tone: 'good' };
  if (level === 2) return { label: 'can make changes', tone: 'warn' };
  return { label: 'high risk', tone: 'bad' };
}
