import type { OpenTurns } from '../../db/turns/openTurns.js';
import { stepFamilies, stepFamily } from '../../domain/turns/stepFamily.js';
import { chatKind, type TurnStatus } from '../../domain/turns/turn.js';
import type { GaugeRow, Metrics } from '../../telemetry/registry.js';
import type { BoundedRead } from '../limits/boundedRead.js';

type OpenTurnGauge = { name: string; help: string; labels: string[]; rows(open: OpenTurns): GaugeRow[] };

const openStatuses: TurnStatus[] = ['queued', 'running', 'awaiting_operator'];

/** A row for each kind and status, also for zero: a missing series would look like an unknown value. */
function turnRows({ turns }: OpenTurns, value: (row: OpenTurns['turns'][number]) => number): GaugeRow[] {
  return chatKind.options.flatMap((kind) =>
    openStatuses.map((status) => {
      const found = turns.find((row) => row.kind === kind && row.status === status);
      return { labels: { kind, status }, value: found ? value(found) : 0 };
    }),
  );
}

function stepRows({ stuckSteps }: OpenTurns, value: (row: OpenTurns['stuckSteps'][number]) => number): GaugeRow[] {
  return stepFamilies.map((step) => {
    const found = stuckSteps.find((row) => stepFamily(row.step) === step);
    return { labels: { step }, value: found ? value(found) : 0 };
  });
}

function failingRows({ failing }: OpenTurns, value: (row: OpenTurns['failing'][number]) => number): GaugeRow[] {
  return chatKind.options.map((kind) => {
    const found = failing.find((row) => row.kind === kind);
    return { labels: { kind }, value: found ? value(found) : 0 };
  });
}

const refusals = ['other_namespace', 'not_found'] as const;

const one = (value: number): GaugeRow[] => [{ labels: {}, value }];

const gauges: OpenTurnGauge[] = [
  {
    name: 'turns',
    help: 'Turns that have not ended, by kind and status',
    labels: ['kind', 'status'],
    rows: (open) => turnRows(open, ({ count }) => count),
  },
  {
    name: 'turns_oldest_seconds',
    help: 'How long the oldest of them has waited for the floor, or has had it',
    labels: ['kind', 'status'],
    rows: (open) => turnRows(open, ({ oldestSeconds }) => oldestSeconds),
  },
  {
    name: 'chat_queues',
    help: 'Chats in which a turn waits for the floor',
    labels: [],
    rows: ({ queues }) => one(queues.chats),
  },
  {
    name: 'chat_queue_longest',
    help: 'How many turns wait in the chat where most do',
    labels: [],
    rows: ({ queues }) => one(queues.longest),
  },
  {
    name: 'turn_steps_stuck',
    help: 'Steps that wait for an operator',
    labels: ['step'],
    rows: (open) => stepRows(open, ({ count }) => count),
  },
  {
    name: 'turn_steps_stuck_oldest_seconds',
    help: 'How long the oldest of them has waited',
    labels: ['step'],
    rows: (open) => stepRows(open, ({ oldestSeconds }) => oldestSeconds),
  },
  {
    name: 'tool_approvals_waiting',
    help: "Tool calls that wait for a person's decision",
    labels: [],
    rows: ({ approvals }) => one(approvals),
  },
  {
    name: 'turns_failing',
    help: 'Turns whose workflow fails',
    labels: ['kind'],
    rows: (open) => failingRows(open, ({ count }) => count),
  },
  {
    name: 'turns_failing_oldest_seconds',
    help: 'How long the workflow of the oldest of them has failed',
    labels: ['kind'],
    rows: (open) => failingRows(open, ({ oldestSeconds }) => oldestSeconds),
  },
  {
    name: 'reconciler_refused_turns',
    help: 'Turns that the reconciler does not close until an operator decides',
    labels: ['reason'],
    rows: ({ refused }) =>
      refusals.map((reason) => ({
        labels: { reason },
        value: refused.find((row) => row.reason === reason)?.count ?? 0,
      })),
  },
];

/** Gauges from one statement. Every api reports the same values: take the maximum, not the sum. */
export function watchOpenTurns({ watchRows }: Metrics, open: BoundedRead<OpenTurns>): void {
  for (const { rows, ...gauge } of gauges)
    watchRows(gauge, async () => {
      const read = await open.read();
      return read && rows(read);
    });
}
