import type { RestartReason, StepStatus, TurnPhase, TurnStatus } from '../../../client/src/index.js';
import type { NoteWords } from '../../../domain/timeline/notes.js';
import type { Forms } from '../formats.js';
import { formats } from './formats.js';

const { count } = formats;

/** Lines between the messages, each for an event. */
const notes: NoteWords = {
  system_message: ({ text }) => ({ label: 'Note', text }),
  scene_opened: ({ container }) => ({ label: 'Scene', text: container }),
  scene_closed: () => ({ label: 'Scene', text: 'The scene ended.' }),
  story_event_started: ({ title }) => ({ label: 'Story', text: `Started: ${title || 'a story event'}` }),
  story_event_completed: ({ title }) => ({ label: 'Story', text: `Completed: ${title || 'a story event'}` }),
  story_event_cancelled: ({ title }) => ({ label: 'Story', text: `Cancelled: ${title || 'a story event'}` }),
  object_acquired: ({ name }) => ({ label: 'New item', text: name }),
};

/** What users read in place of the names on the wire. */
export const labels = {
  steps: {
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
    title: 'Name the chat',
    tool: 'Tool call',
  } as Record<string, string>,
  notes,
  stepStatus: {
    pending: 'waiting',
    running: 'running',
    retrying: 'retrying',
    done: 'done',
    stuck: 'failed',
    skipped: 'skipped',
  } satisfies Record<StepStatus, string>,
  turnStatus: {
    queued: 'Queued',
    running: 'In progress',
    awaiting_operator: 'Needs a decision',
    completed: 'Completed',
    cancelled: 'Stopped',
    failed: 'Failed',
  } satisfies Record<TurnStatus, string>,
  turnPhase: {
    waiting: 'waiting',
    replying: 'writing the reply',
    following_up: 'running background tasks',
    finishing: 'finishing',
    done: 'done',
  } satisfies Record<TurnPhase, string>,
  /** Events that a rewind removes. */
  counts: {
    user_turn: { one: 'message from you', other: 'messages from you' },
    assistant_turn: { one: 'reply', other: 'replies' },
    memory_written: { one: 'memory', other: 'memories' },
    edge_update: { one: 'relationship change', other: 'relationship changes' },
    scene_opened: { one: 'started scene', other: 'started scenes' },
    scene_closed: { one: 'ended scene', other: 'ended scenes' },
    story_event_planned: { one: 'planned story event', other: 'planned story events' },
    story_event_completed: { one: 'completed story event', other: 'completed story events' },
    changes_proposed: { one: 'set of suggested changes', other: 'sets of suggested changes' },
    tool_call_start: { one: 'tool call', other: 'tool calls' },
    object_acquired: { one: 'new item', other: 'new items' },
  } as Record<string, Forms>,
  otherEntries: (n: number) => count(n, { one: 'other log entry', other: 'other log entries' }),
  restarts: {
    worker_lost: 'A server failed while it wrote this reply.',
    handed_over: 'A server was restarted while it wrote this reply.',
    provider_failed: 'The model provider failed before the reply was complete.',
    provider_changed: 'The model provider failed, and another provider took over.',
    new_attempt: 'The reply was interrupted.',
    thinking_separated: 'The text so far was the thinking of the model.',
    kept_text: 'Part of the reply was lost.',
    dropped: 'The reply was lost.',
  } satisfies Record<RestartReason, string>,
  writingAgain: (reason: string) => `${reason} Writing it again…`,
  warnings: {
    addressee_guessed: 'The character who replied was chosen by the names in your message.',
    interjection_failed: 'The other character could not be asked whether to join in.',
  } as Record<string, string>,
  skipped: (step: string) => `Skipped: ${step}.`,
};
