import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedTestbed } from '../testbed.js';
import { saveHistory } from './histories.js';
import type { Settled } from './settle.js';

/** The number of turns that are saved. The report names the others. */
const maxTurns = 50;

/** Saves the data for the analysis of a breach: rows and histories of the turns in it, and all logs. */
export async function saveEvidence(
  testbed: CheckedTestbed,
  turnIds: string[],
  { hung }: Settled,
  out: string,
): Promise<void> {
  const named = [...new Set([...hung.map(({ turnId }) => turnId), ...turnIds])].slice(0, maxTurns);
  for (const turnId of named) await saveTurn(testbed, turnId, join(out, 'turns')).catch(() => undefined);
  for (const [from, name] of [
    [testbed.service.dataDir, 'service'],
    [testbed.servers.folder, 'servers'],
  ] as const) {
    await copyAll(join(from, 'logs'), join(out, 'logs', name));
  }
  await writeFile(join(out, 'logs', 'launcher.log'), testbed.service.output());
}

async function saveTurn({ pool, temporal }: CheckedTestbed, turnId: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rowsOf = async (statement: string) => (await pool.query(statement, [turnId])).rows;
  const rows = {
    turn: await rowsOf('select * from turns where id = $1'),
    drafts: await rowsOf('select * from drafts where turn_id = $1'),
    chunks: await rowsOf(
      'select beat, epoch, channel, "offset", length(text) from draft_chunks where turn_id = $1 order by beat, epoch, channel, "offset"',
    ),
    steps: await rowsOf('select * from turn_steps where turn_id = $1'),
    events: await rowsOf('select * from events where turn_id = $1 order by seq'),
  };
  await writeFile(join(folder, `${turnId}.json`), JSON.stringify(rows, null, 1));
  const handle = temporal.workflow.getHandle(turnId);
  const { runId, raw } = await handle.describe();
  await saveHistory(folder, turnId, await handle.fetchHistory(), runId);
  const { pendingActivities, pendingWorkflowTask } = raw;
  await writeFile(
    join(folder, `${turnId}-pending.json`),
    JSON.stringify({ pendingActivities, pendingWorkflowTask }, null, 1),
  );
}

async function copyAll(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from).catch(() => [])) await copyFile(join(from, name), join(to, name));
}
