import { t } from '../strings/strings.js';
/** The label of a tool's permission level, and the tone in which it is shown. */
export function permissionLabel(level: number): { label: string; tone: 'good' | 'warn' | 'bad' } {
  if (level <= 1) return { label: t().agents.levels.read, tone: 'good' };
  if (level === 2) return { label: t().agents.levels.change, tone: 'warn' };
  return { label: t().agents.levels.risk, tone: 'bad' };
}
