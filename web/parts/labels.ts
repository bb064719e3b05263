import type { RestartReason } from '../../client/src/index.js';
import type { Note, NoteWords } from '../../domain/timeline/notes.js';
import { t } from '../strings/strings.js';

/** A step's label: `state_update:chr_1>you:0` is "Update relationship: Mira → Robin". */
export function stepLabel(name: string, nameOf: (id: string) => string): string {
  const [family = name, subject = ''] = name.split(':');
  const label = t().labels.steps[family] ?? family;
  if (family === 'state_update') return `${label}: ${subject.split('>').map(nameOf).join(' → ')}`;
  if (family === 'scene_summary') return `${label}: ${nameOf(subject)}`;
  return label;
}

/** A line for each kind of event that users know, and one for the sum of the others. */
export function describeCounts(byKind: Record<string, number>): string[] {
  const { counts, otherEntries } = t().labels;
  const known = Object.entries(counts).flatMap(([kind, forms]) => {
    const count = byKind[kind] ?? 0;
    return count > 0 ? [t().formats.count(count, forms)] : [];
  });
  const rest = Object.entries(byKind).reduce((sum, [kind, count]) => sum + (counts[kind] ? 0 : count), 0);
  return rest > 0 ? [...known, otherEntries(rest)] : known;
}

/** What a line between the messages says. Null for an event of a newer service, which this page does not know. */
export function noteWords({ kind, data }: Note): ReturnType<NoteWords[Note['kind']]> | null {
  const describe = t().labels.notes[kind] as ((data: Note['data']) => { label: string; text: string }) | undefined;
  return describe?.(data) ?? null;
}

/** Why a reply is written again. A newer service may send reasons that this page does not know. */
export function restartMessage(reason: RestartReason | null): string {
  const { restarts, writingAgain } = t().labels;
  const message: string | undefined = reason === null ? undefined : restarts[reason];
  return writingAgain(message ?? restarts.new_attempt);
}

export function warningMessage(warning: string, nameOf: (id: string) => string): string {
  if (warning.startsWith('step_skipped:')) return t().labels.skipped(stepLabel(warning.slice(13), nameOf));
  return t().labels.warnings[warning] ?? warning;
}
