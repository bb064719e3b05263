import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { workflowTracingModules } from '../../telemetry/otel/workflowModules.js';
import { type History, historyFromJson, readableHistory } from '../support/temporal/engine.js';
import { outOfOrder } from '../support/temporal/localActivities.js';
import { withoutPatches } from './withoutPatches.js';

/** Turns that ran before this version, as a running service has them in Temporal: this version must be able to end them. */
const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

/** Each turn may go on in a worker that traces, and in one that doesn't, however it began. */
const bundles: Partial<Record<'plain' | 'traced', WorkflowBundleWithSourceMap>> = {};

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const logger = new DefaultLogger('WARN');
  bundles.plain = await bundleWorkflowCode({ workflowsPath, logger });
  const workflowInterceptorModules = workflowTracingModules();
  bundles.traced = await bundleWorkflowCode({ workflowsPath, logger, workflowInterceptorModules });
}, 120_000);

const recorded = (name: string) => historyFromJson(JSON.parse(readFileSync(folder + name, 'utf8')) as object);

const sinks = { exporter: { export: { fn: () => undefined } } };
const replay = (history: History, workflowBundle = bundles.plain) =>
  Worker.runReplayHistory({ workflowBundle: workflowBundle!, sinks }, history);

describe('a turn that ran before this version', () => {
  test.each(names)(
    'replays, with tracing and without: %s',
    async (name) => {
      await replay(recorded(name));
      await replay(recorded(name), bundles.traced);
    },
    60_000,
  );

  test.each(names)('ran its local activities one after another: %s', (name) => {
    expect(outOfOrder(recorded(name))).toEqual([]);
  });

  test('whose local activities overlapped is recognised, which shows that the check above works', () => {
    const reported = new URL('./reported/overlapping-local-activities.json', import.meta.url);
    const history = historyFromJson(JSON.parse(readFileSync(reported, 'utf8')) as object);
    expect(outOfOrder(history)).toEqual(['writeMemory (16 after 17)']);
  });

  test('may have been traced, and then has its trace in its headers', () => {
    const history = readableHistory(recorded('tracedHandsTheFloorOn.json'));
    expect(history).toMatch(/_tracer-data.*traceparent/);
    expect(readableHistory(recorded('handsTheFloorOn.json'))).not.toContain('traceparent');
  });

  test('does not replay when one of its steps is changed, which shows that the check above works', async () => {
    const history = recorded('plain.json');
    const scheduled = history.events?.find((event) => event.activityTaskScheduledEventAttributes);
    const step = scheduled?.activityTaskScheduledEventAttributes?.activityType;
    if (step) step.name = 'anotherStep';
    await expect(replay(history)).rejects.toThrow(/[Nn]ondeterminism/);
  }, 60_000);

  test('has no prose in its history', () => {
    for (const name of names) expect(readableHistory(recorded(name))).not.toMatch(/lamp|anybody/);
  });
});

describe('a first workflow task that was completed with the marker of a local activity alone', () => {
  const reported = fileURLToPath(new URL('./reported/split-workflow-task.json', import.meta.url));
  const split = () => historyFromJson(JSON.parse(readFileSync(reported, 'utf8')) as object);

  test('replays, because no step of a turn asks for a patch after its first await', async () => {
    await replay(withoutPatches(split()));
    await replay(withoutPatches(split()), bundles.traced);
  }, 60_000);

  test('fails a replay of code that records a patch in the second task, which shows that the check above works', async () => {
    await expect(replay(split())).rejects.toThrow(/[Nn]ondeterminism/);
  }, 60_000);
});
