import type { EventKind } from '../log/events.js';
import { activityKinds } from '../turns/activity.js';

/** The kinds of events that make the messages of a user turn. */
export const spokenKinds = [
  'user_turn',
  'user_turn_edit',
  'assistant_turn_started',
  'assistant_turn',
  'assistant_turn_edited',
  'turn_completed',
  ...activityKinds,
] as const satisfies EventKind[];

/** The kinds that clients append. They belong to no turn. */
export const looseKinds = ['citations', 'planning_artifact', 'reasoning'] as const satisfies EventKind[];
