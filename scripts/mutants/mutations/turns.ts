import type { Mutation } from './mutation.js';

/** Safeguards of turns, of the log and of what is sent after it. */
export const turns: Mutation[] = [
  {
    name: 'the idempotency key of a request',
    file: 'domain/turns/decideClaim.ts',
    replace: [['if (repeated) return decideRepeat(requestHash, repeated);', '']],
    test: {
      project: 'integration',
      file: 'test/integration/turns/claims.test.ts',
      name: 'by twenty posts with one key makes one turn',
    },
  },
  {
    name: 'the idempotency key of an effect',
    file: 'db/migrations/0001_spine.sql',
    replace: [
      [
        'create unique index events_once on events (chat_id, turn_id, step, n) nulls not distinct;',
        'create index events_once on events (chat_id, turn_id, step, n);',
      ],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/turns/effectsOnce.test.ts',
      name: 'an effect whose key is in the log is refused, and leaves the log and its projections as they were',
    },
  },
  {
    name: 'the outbox of webhooks in the statement of an append',
    file: 'db/timeline/log.ts',
    replace: [['added.kind = any(w.events)', 'false']],
    test: {
      project: 'integration',
      file: 'test/integration/api/webhooks.test.ts',
      name: 'takes as many statements with webhooks as without, and puts only events of their kinds into the outbox',
    },
  },
  {
    name: 'the count of attempts that fail on our side',
    file: 'activities/failure.ts',
    replace: [["  return new TurnFailure('internal', { cause: error, usage });", '  return null;']],
    test: {
      project: 'integration',
      file: 'test/integration/provider/hostileProvider.test.ts',
      name: 'when a reply cannot be stored',
    },
  },
  {
    name: 'the status of a turn whose end was notified by the log alone',
    file: 'viewers/gateway/statuses.ts',
    replace: [['if (current.delete(turnId)) ending.add(turnId);', 'current.delete(turnId);']],
    test: {
      project: 'unit',
      file: 'viewers/gateway/statuses.test.ts',
      name: 'the last status of a turn is sent at the next refresh when only its end in the log was notified',
    },
  },
  {
    name: 'the state of a turn whose rows are removed',
    file: 'db/turns/turnView.ts',
    replace: [
      ['turn.endedState ?? toState(turn, turn.stateRows)', 'toState(turn, { drafts: [], steps: [], agent: null })'],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/turns/trimTurns.test.ts',
      name: 'are removed in short transactions, and the resource of each turn stays as it was',
    },
  },
];
