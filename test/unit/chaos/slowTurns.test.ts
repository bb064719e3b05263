import { expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import { createSlowTurns } from '../../../scripts/chaos/checks/slowTurns.js';
import { historyFromJson } from '../../support/temporal/engine.js';

const { EventType } = proto.temporal.api.enums.v1;

const at = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });

const turnWithLostWorker = (lostForMs: number) =>
  historyFromJson({
    events: [
      { eventId: 1, eventTime: at(0), eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED },
      {
        eventId: 2,
        eventTime: at(10),
        eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        activityTaskScheduledEventAttributes: { activityType: { name: 'streamReply' } },
      },
      {
        eventId: 3,
        eventTime: at(10 + lostForMs),
        eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        activityTaskStartedEventAttributes: {
          scheduledEventId: 2,
          attempt: 2,
          lastFailure: { message: 'activity Heartbeat timeout' },
        },
      },
      {
        eventId: 4,
        eventTime: at(500 + lostForMs),
        eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        activityTaskCompletedEventAttributes: { scheduledEventId: 2 },
      },
    ],
  });

test('the slowest turns of a run are listed with their longest waits and the reason of a repeated attempt', () => {
  const slowTurns = createSlowTurns(2);
  slowTurns.add('quick', turnWithLostWorker(0));
  slowTurns.add('slowest', turnWithLostWorker(9_000));
  slowTurns.add('slow', turnWithLostWorker(3_000));
  expect(slowTurns.list().map(({ workflowId, ms }) => [workflowId, ms])).toEqual([
    ['slowest', 9_500],
    ['slow', 3_500],
  ]);
  expect(slowTurns.list()[0]?.waits.slice(0, 2)).toEqual([
    {
      ms: 9_000,
      from: 'activity_task_scheduled streamReply',
      to: 'activity_task_started streamReply attempt 2 activity Heartbeat timeout',
    },
    {
      ms: 490,
      from: 'activity_task_started streamReply attempt 2 activity Heartbeat timeout',
      to: 'activity_task_completed streamReply',
    },
  ]);
});
