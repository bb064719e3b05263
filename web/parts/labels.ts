import type { RestartReason, StepStatus, TurnPhase, TurnStatus } from '../../client/src/index.js';

/** What users read in place of the names on the wire. */
const stepLabels: Record<string, string> = {
  parse: 'Analyze message',
  addressee: 'Choose who replies',
  reply: 'Reply',
  memory: 'Save memory',
  state_update: 'Update relationship',
  significance: 'Rate memory',
  interjection: 'Check whether the other character joins in',
  event_lifecycle: 'Update story events',
  scene_close: 'Check whether the scene has ended',
  scene_summary: 'Summarize scene',
  tool: 'Tool call',
};

/** A step's label: `state_update:chr_1>you:0` is "Update relationship: Mira → Robin". */
export function stepLabel(name: string, nameOf: (id: string) => string): string {
  const [family = name, subject = ''] = name.split(':');
  const label = stepLabels[family] ?? family;
  if (family === 'state_update') return `${label}: ${subject.split('>').map(nameOf).join(' → ')}`;
  if (family === 'scene_summary') return `${label}: ${nameOf(subject)}`;
  return label;
}

export const stepStatusLabels: Record<StepStatus, string> = {
  pending: 'waiting',
  running: 'running',
  retrying: 'retrying',
  done: 'done',
  stuck: 'failed',
  skipped: 'skipped',
};

export const turnStatusLabels: Record<TurnStatus, string> = {
  queued: 'Queued',
  running: 'In progress',
  awaiting_operator: 'Needs a decision',
  completed: 'Completed',
  cancelled: 'Stopped',
  failed: 'Failed',
};

export const turnPhaseLabels: Record<TurnPhase, string> = {
  waiting: 'waiting',
  replying: 'writing the reply',
  following_up: 'running background tasks',
  finishing: 'finishing',
  done: 'done',
};

const kinds: Record<string, [one: string, many: string]> = {
  user_turn: ['message from you', 'messages from you'],
  assistant_turn: ['reply', 'replies'],
  memory_written: ['memory', 'memories'],
  edge_update: ['relationship change', 'relationship changes'],
  scene_opened: ['started scene', 'started scenes'],
  scene_closed: ['ended scene', 'ended scenes'],
  story_event_planned: ['planned story event', 'planned story events'],
  story_event_completed: ['completed story event', 'completed story events'],
  changes_proposed: ['set of suggested changes', 'sets of suggested changes'],
  tool_call_start: ['tool call', 'tool calls'],
  object_acquired: ['new item', 'new items'],
};

/** A line for each kind of event that users know, and one for the sum of the others. */
export function describeCounts(byKind: Record<string, number>): string[] {
  const known = Object.entries(kinds).flatMap(([kind, [one, many]]) => {
    const count = byKind[kind] ?? 0;
    return count > 0 ? [`${count} ${count === 1 ? one : many}`] : [];
  });
  const rest = Object.entries(byKind).reduce((sum, [kind, count]) => sum + (kinds[kind] ? 0 : count), 0);
  return rest > 0 ? [...known, `${rest} other log ${rest === 1 ? 'entry' : 'entries'}`] : known;
}

const restartMessages: Record<RestartReason, string> = {
  worker_lost: 'A server failed while it wrote this reply.',
  handed_over: 'A server was restarted while it wrote this reply.',
  provider_failed: 'The model provider failed before the reply was complete.',
  provider_changed: 'The model provider failed, and another provider took over.',
  new_attempt: 'The reply was interrupted.',
  thinking_separated: 'The text so far was the thinking of the model.',
  kept_text: 'Part of the reply was lost.',
  dropped: 'The reply was lost.',
};

/** Why a reply is written again. A newer service may send reasons that this page does not know. */
export function restartMessage(reason: RestartReason | null): string {
  const message: string | undefined = reason === null ? undefined : restartMessages[reason];
  return `${message ?? restartMessages.new_attempt} Writing it again…`;
}

const warningMessages: Record<string, string> = {
  addressee_guessed: 'The character who replied was chosen by the names in your message.',
  interjection_failed: 'The other character could not be asked whether to join in.',
};

export function warningMessage(warning: string, nameOf: (id: string) => string): string {
  if (warning.startsWith('step_skipped:')) return `Skipped: ${stepLabel(warning.slice(13), nameOf)}.`;
  return warningMessages[warning] ?? warning;
}
