import proto from '@temporalio/proto';
import type { History } from '../../../test/support/temporal/engine.js';

const { EventType } = proto.temporal.api.enums.v1;

type Event = NonNullable<History['events']>[number];

/** A wait in a history: the events around it, and its length in milliseconds. */
type Wait = { ms: number; from: string; to: string };
export type SlowTurn = { workflowId: string; ms: number; waits: Wait[] };

const WAITS = 4;

/** Keeps the `count` slowest workflows, each with its longest waits, the longest first. */
export function createSlowTurns(count: number) {
  let slowest: SlowTurn[] = [];
  return {
    add(workflowId: string, { events }: History): void {
      const all = events ?? [];
      const turn = { workflowId, ms: timeOf(all.at(-1)) - timeOf(all[0]), waits: waitsOf(all) };
      slowest = [...slowest, turn].sort((a, b) => b.ms - a.ms).slice(0, count);
    },
    list: (): SlowTurn[] => slowest,
  };
}

function waitsOf(events: Event[]): Wait[] {
  const scheduled = new Map(events.map((event) => [Number(event.eventId), event]));
  return events
    .flatMap((event, at) => {
      const before = events[at - 1];
      if (!before) return [];
      return [
        { ms: timeOf(event) - timeOf(before), from: describe(before, scheduled), to: describe(event, scheduled) },
      ];
    })
    .sort((a, b) => b.ms - a.ms)
    .slice(0, WAITS);
}

const timeOf = (event: Event | undefined): number => {
  const { seconds, nanos } = event?.eventTime ?? {};
  return Number(seconds ?? 0) * 1_000 + Math.round((nanos ?? 0) / 1e6);
};

/** The type of an event, with the activity's type and attempt, the signal's name and the cause of a failure. */
function describe(event: Event, scheduled: Map<number, Event>): string {
  const type = (EventType[event.eventType ?? 0] ?? '').replace('EVENT_TYPE_', '').toLowerCase();
  const started = event.activityTaskStartedEventAttributes;
  const about = [
    activityOf(event, scheduled),
    started ? `attempt ${started.attempt}` : undefined,
    started?.lastFailure?.message,
    event.workflowExecutionSignaledEventAttributes?.signalName,
    event.markerRecordedEventAttributes?.markerName,
    event.workflowTaskFailedEventAttributes?.failure?.message,
  ];
  return [type, ...about.filter(Boolean)].join(' ').slice(0, 120);
}

function activityOf(event: Event, scheduled: Map<number, Event>): string | null | undefined {
  const about =
    event.activityTaskStartedEventAttributes ??
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes;
  const origin = about ? scheduled.get(Number(about.scheduledEventId)) : event;
  return origin?.activityTaskScheduledEventAttributes?.activityType?.name;
}
