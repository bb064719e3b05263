import type { RestartReason, StepView } from '../../client/src/index.js';

/** Words for people, in place of the names that machines use. */
const steps: Record<string, string> = {
  parse: 'Reading what you wrote',
  addressee: 'Finding who is spoken to',
  reply: 'Reply',
  memory: 'Memory',
  state_update: 'Feelings',
  significance: 'Weight of the memory',
  interjection: 'Whether somebody cuts in',
  event_lifecycle: 'Story events',
  scene_close: 'Whether the scene is over',
  scene_summary: 'Summary of the scene',
  tool: 'Tool',
};

/** A step's name in words: `state_update:chr_1>you:0` is "Feelings: Mira → Robin". */
export function stepLabel(name: string, nameOf: (id: string) => string): string {
  const [family = name, ...rest] = name.split(':');
  const words = steps[family] ?? family;
  const what = rest[0] ?? '';
  if (family === 'state_update') return `${words}: ${what.split('>').map(nameOf).join(' → ')}`;
  if (family === 'scene_summary') return `${words}: ${nameOf(what)}`;
  return words;
}

export const stepStatusLabels: Record<StepView['status'], string> = {
  pending: 'waiting',
  running: 'running',
  retrying: 'trying again',
  done: 'done',
  stuck: 'stuck',
  skipped: 'skipped',
};

const kinds: Record<string, [string, string]> = {
  user_turn: ['message of yours', 'messages of yours'],
  assistant_turn: ['reply', 'replies'],
  memory_written: ['memory', 'memories'],
  edge_update: ['change of feelings', 'changes of feelings'],
  scene_opened: ['opening of a scene', 'openings of scenes'],
  scene_closed: ['closing of a scene', 'closings of scenes'],
  story_event_planned: ['planned story event', 'planned story events'],
  story_event_completed: ['completed story event', 'completed story events'],
  changes_proposed: ['set of proposed changes', 'sets of proposed changes'],
  tool_call_start: ['call of a tool', 'calls of tools'],
  object_acquired: ['object that was found', 'objects that were found'],
};

/** What a rewind takes away, in words; what people would not miss is summed up. */
export function describeCounts(byKind: Record<string, number>): string[] {
  const named = Object.entries(kinds).flatMap(([kind, [one, many]]) => {
    const count = byKind[kind] ?? 0;
    return count > 0 ? [`${count} ${count === 1 ? one : many}`] : [];
  });
  const rest = Object.entries(byKind).reduce((sum, [kind, count]) => sum + (kinds[kind] ? 0 : count), 0);
  return rest > 0 ? [...named, `${rest} ${rest === 1 ? 'other entry' : 'other entries'} of the log`] : named;
}

const lostWords: Record<RestartReason, string> = {
  worker_lost: 'The process that wrote this was lost.',
  handed_over: 'The process that wrote this was stopped.',
  provider_failed: 'The provider failed before the end.',
  provider_changed: 'The provider failed, and another one was asked.',
  new_attempt: 'This attempt did not come to its end.',
  kept_text: 'Less was kept than was sent.',
  dropped: 'Nothing of this was kept.',
};

/** Why a reply that is on the page is written again. A newer service may know reasons that are not known here. */
export function restartMessage(reason: RestartReason | null): string {
  const why: string | undefined = reason === null ? undefined : lostWords[reason];
  return `${why ?? lostWords.new_attempt} The reply is written again.`;
}

const warningWords: Record<string, string> = {
  addressee_guessed: 'Who was spoken to was guessed from the names.',
  interjection_failed: 'Nobody could be asked whether to cut in.',
};

export function warningMessage(warning: string, nameOf: (id: string) => string): string {
  if (warning.startsWith('step_skipped:')) return `Skipped: ${stepLabel(warning.slice(13), nameOf)}.`;
  return warningWords[warning] ?? warning;
}

/** The time of day, with the date where that is not today's. */
export function formatTime(at: string, now = new Date()): string {
  const then = new Date(at);
  const today = then.toDateString() === now.toDateString();
  return then.toLocaleString(undefined, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}

/** Milliseconds as people say them. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
