import { setTimeout as delay } from 'node:timers/promises';
import type { CheckedTestbed } from '../testbed.js';
import type { Traffic } from '../traffic/traffic.js';
import { type Check, check } from './check.js';

const caughtUpWithinMs = 30_000;

/** Checks the frames that each viewer received during the run, and its cursor at the end. */
export async function checkViewers({ pool }: CheckedTestbed, { viewers }: Traffic): Promise<Check[]> {
  const frames = check('texts of viewers that differ from the log, and other breaches of the protocol');
  const caughtUp = check('viewers that did not receive the whole log');
  const { rows } = await pool.query<{ id: string; seq: number }>('select id, seq from chats');
  const newest = new Map(rows.map(({ id, seq }) => [id, seq]));
  for (const until = Date.now() + caughtUpWithinMs; Date.now() < until; await delay(200)) {
    if (viewers.every((viewer) => viewer.cursor() === newest.get(viewer.chatId))) break;
  }
  for (const viewer of viewers) {
    const where = `${viewer.chatId} over ${viewer.over}`;
    frames.record(where, viewer.violations, viewer.compared());
    const [has, all] = [viewer.cursor(), newest.get(viewer.chatId)];
    caughtUp.record(where, has === all ? [] : [`it has ${has} of ${all} events`]);
  }
  return [frames.done(), caughtUp.done()];
}
