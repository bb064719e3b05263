import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../stage.js';
import type { Traffic } from '../traffic/traffic.js';
import { type Check, check } from './check.js';

const caughtUpWithinMs = 30_000;

/** What every viewer had on screen: checked frame by frame while the run went on, and its cursor at the end. */
export async function checkViewers({ pool }: Stage, { viewers }: Traffic): Promise<Check[]> {
  const frames = check('texts on screen that are not what the log holds, and other breaches of the stream');
  const caughtUp = check('viewers that do not have the whole log');
  const { rows } = await pool.query<{ id: string; seq: number }>('select id, seq from chats');
  const newest = new Map(rows.map(({ id, seq }) => [id, seq]));
  for (const until = Date.now() + caughtUpWithinMs; Date.now() < until; await delay(200)) {
    if (viewers.every((viewer) => viewer.cursor() === newest.get(viewer.chatId))) break;
  }
  for (const viewer of viewers) {
    const where = `${viewer.chatId} over ${viewer.over}`;
    frames.see(where, viewer.violations, viewer.compared());
    const [has, all] = [viewer.cursor(), newest.get(viewer.chatId)];
    caughtUp.see(where, has === all ? [] : [`it has ${has} of ${all} events`]);
  }
  return [frames.done(), caughtUp.done()];
}
