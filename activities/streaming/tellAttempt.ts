import type { FirstToken } from '../../db/streaming/drafts.js';
import { thisAttempt } from '../attempt.js';
import type { AttemptEnd, AttemptStart, ReplyAttempt, Telemetry } from '../telemetry.js';
import type { Asked, Course, OpenDraft } from './course.js';
import type { GoingOn } from './goingOn.js';

/** What is told of one attempt at a course. */
export function tellAttempt<V>(telemetry: Telemetry, { key, kind, step }: Course<V>, opened: OpenDraft) {
  const { chatId, attempt, lost } = opened;
  const at: ReplyAttempt = { turnId: key.turnId, chatId, kind, step, attempt };
  return {
    began: (how: AttemptStart) => telemetry.attemptBegan(at, how, lost),
    ended: (end: AttemptEnd) => telemetry.attemptEnded(at, end),
    /** For the stream that it asks for. */
    watch: (model: string) => ({
      ...telemetry.calls({ ...at, purpose: kind === 'agent' ? 'iteration' : 'reply', model }),
      firstToken: (first: FirstToken) => telemetry.firstToken(kind, first),
    }),
  };
}

export function howItBegins({ epoch }: OpenDraft, { draft }: Asked, { resume, start }: GoingOn): AttemptStart {
  if (resume) return 'resumed';
  if (start.prefix) return 'continued';
  if (epoch > 0 && !draft?.kept?.inEpoch) return 'restarted';
  return thisAttempt().number > 1 ? 'again' : 'first';
}
