import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { makeCurrent } from '../../../scripts/temporal/deployment.js';
import { type Build, readBuild } from '../../../worker/workflowSource.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';

const deployment = `deployment-${process.pid}`;
const { signal } = new AbortController();

let fleet: WorkerFleet;
let connection: Connection;
let bundles: { a: string; b: string };
let builds: { a: Build; b: Build };
beforeAll(async () => {
  fleet = await startWorkerFleet('deployment', { WORKER_DEPLOYMENT: deployment });
  connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  bundles = { a: fleet.bundle, b: join(fleet.folder, 'later.js') };
  const code = await readFile(bundles.a, 'utf8');
  await writeFile(bundles.b, code.replace('\n//# sourceMappingURL=', '\n/* later */\n//# sourceMappingURL='));
  builds = { a: await buildOf(bundles.a), b: await buildOf(bundles.b) };
}, 180_000);
afterEach(() => fleet.provider.unscript());
afterAll(async () => {
  await connection?.close();
  await fleet?.close();
}, 60_000);

async function buildOf(bundle: string): Promise<Build> {
  const build = await readBuild({
    WORKER_DEPLOYMENT: deployment,
    WORKFLOW_BUNDLE: bundle,
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
  });
  if (!build) throw new Error('no build');
  return build;
}

async function promote(build: Build, withinMs = 30_000): Promise<string[]> {
  const said: string[] = [];
  const { taskQueue } = fleet;
  await makeCurrent({ connection, namespace: 'default', taskQueue, build, withinMs, say: (s) => said.push(s), signal });
  return said;
}

/** The builds whose workers completed a workflow's tasks. */
async function ranOn(turnId: string): Promise<string[]> {
  const { events } = await fleet.client.workflow.getHandle(turnId).fetchHistory();
  const found = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? [],
  );
  return [...new Set(found)];
}

describe('a deployment of workers', () => {
  test('has the hash of the workflow bundle as its build id, whichever folder it was built in', async () => {
    const moved = join(fleet.folder, 'moved.js');
    const code = await readFile(bundles.a, 'utf8');
    await writeFile(moved, code.replace(/(sourceMappingURL=).*/, '$1data:another'));
    expect(builds.a.buildId).toMatch(/^[0-9a-f]{16}$/);
    expect([(await buildOf(moved)).buildId, builds.b.buildId === builds.a.buildId]).toEqual([builds.a.buildId, false]);
  });

  test('ends a turn on the build on which it began, while later turns run on the new build', async () => {
    // The first build needs no worker to wait for.
    expect(await promote(builds.a)).toEqual([expect.stringMatching(/^New turns begin on build/)]);
    const old = await fleet.start({ WORKFLOW_BUNDLE: bundles.a });
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script({ steps: [{ text: 'half ' }] });
    const first = await fleet.begin(chatId);
    const call = await fleet.provider.nextRequest(undefined, 30_000);
    const next = await claim(fleet.pool, chatId);

    await expect(promote(builds.b, 1_000)).rejects.toThrow(/no worker of build .* has polled .* stays the current one/);
    await fleet.start({ WORKFLOW_BUNDLE: bundles.b });
    await promote(builds.b);
    expect(await promote(builds.b)).toEqual([expect.stringMatching(/is already the current one /)]);
    fleet.provider.script(() => whole('whole'));
    const other = await fleet.begin((await seedChat(fleet.pool)).chatId);
    expect(await fleet.ended(other, 60_000)).toMatchObject({ status: 'completed' });
    await call.send('and half');
    await call.finish();
    expect(await fleet.ended(first, 60_000)).toMatchObject({ status: 'completed', beats: [{ text: 'half and half' }] });
    expect(await fleet.ended(next.turn.id, 60_000)).toMatchObject({ status: 'completed' });
    expect(await Promise.all([first, other, next.turn.id].map(ranOn))).toEqual([
      [builds.a.buildId],
      [builds.b.buildId],
      [builds.b.buildId],
    ]);

    old.kill('SIGTERM');
    expect(await old.gone).toBe(0);
  }, 300_000);
});
