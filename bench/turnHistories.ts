import { Client, Connection } from '@temporalio/client';

/** What Temporal keeps of one turn, and when it did what, in milliseconds since 1970. */
export type TurnHistory = {
  events: number;
  bytes: number;
  begun: number;
  taken: number;
  asked: number;
  streaming: number;
};

export type TurnHistories = { read(turnId: string): Promise<TurnHistory>; close(): Promise<void> };

export async function openTurnHistories(address: string): Promise<TurnHistories> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  return {
    async read(turnId) {
      const handle = client.workflow.getHandle(turnId);
      await handle.result(); // its last event is written a moment after the turn's
      const { events = [] } = await handle.fetchHistory();
      const { raw } = await handle.describe();
      const asked = events?.find(
        ({ activityTaskScheduledEventAttributes: of }) => of?.activityType?.name === 'streamReply',
      );
      const streaming = events?.find(
        ({ activityTaskStartedEventAttributes: of }) => of && String(of.scheduledEventId) === String(asked?.eventId),
      );
      return {
        events: events?.length ?? Number.NaN,
        bytes: Number(raw.workflowExecutionInfo?.historySizeBytes ?? Number.NaN),
        begun: timeOf(events?.[0]),
        taken: timeOf(events?.find((event) => event.workflowTaskStartedEventAttributes)),
        asked: timeOf(asked),
        streaming: timeOf(streaming),
      };
    },
    close: () => connection.close(),
  };
}

type Timed = { eventTime?: { seconds?: unknown; nanos?: number | null } | null };

const timeOf = ({ eventTime }: Timed = {}): number =>
  eventTime ? Number(eventTime.seconds) * 1000 + (eventTime.nanos ?? 0) / 1e6 : Number.NaN;
