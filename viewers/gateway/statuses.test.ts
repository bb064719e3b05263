import { expect, test } from '@jest/globals';
import { createStatuses } from './statuses.js';

/** The statuses of one turn, whose row has the status that the test sets. */
function start() {
  const row = { status: 'running' as 'running' | 'completed' };
  const sent: string[] = [];
  let sending = () => {};
  const statuses = createStatuses({
    read: async (turnId) => ({ turnId, status: row.status, phase: 'done', steps: [] }),
    send(frame) {
      sent.push(JSON.parse(frame.bytes.toString()).status);
      sending();
    },
    onError: () => undefined,
  });
  const next = () => new Promise<void>((resolve) => (sending = resolve));
  return { row, sent, statuses, next };
}

test('the last status of a turn is sent at the next refresh when only its end in the log was notified', async () => {
  const { row, sent, statuses, next } = start();
  const first = next();
  statuses.changed('turn_1');
  await first;
  row.status = 'completed';
  statuses.forget('turn_1');
  expect(statuses.since(0)).toEqual([]);
  const last = next();
  statuses.refresh();
  await last;
  expect(sent).toEqual(['running', 'completed']);
  statuses.refresh();
  await new Promise(setImmediate);
  expect(sent).toHaveLength(2);
});
