import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { readConfig } from '../../config.js';
import { buildWorkflows } from '../../scripts/builds/builds.js';
import { tracedBundle } from '../../telemetry/tracing.js';
import { type History, historyFromJson, readableHistory } from '../support/temporal/engine.js';
import { outOfOrder } from '../support/temporal/localActivities.js';
import { withoutPatches } from './withoutPatches.js';

/** Turns that ran before this version, as a running service has them in Temporal: this version must be able to end them. */
const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const recorded = (name: string) => historyFromJson(JSON.parse(readFileSync(folder + name, 'utf8')) as object);

/** Each turn may go on in a worker that traces, and in one that doesn't, however it began. */
const kinds = ['plain', 'traced'] as const;
type Kind = (typeof kinds)[number];
const bundles: Partial<Record<Kind, { codePath: string }>> = {};
let built: string;

/** The errors by the names of the histories, null where one replays. */
const replayed: Partial<Record<Kind, Map<string, Error | null>>> = {};

const sinks = { exporter: { export: { fn: () => undefined } } };
const replay = (history: History, kind: Kind = 'plain') =>
  Worker.runReplayHistory({ workflowBundle: bundles[kind]!, sinks }, history);

/** One worker for all: most of the time of a replay is the start of its worker. */
async function replayAll(kind: Kind): Promise<Map<string, Error | null>> {
  const histories = names.map((name) => ({ workflowId: name, history: recorded(name) }));
  const results = Worker.runReplayHistories({ workflowBundle: bundles[kind]!, sinks }, histories);
  const errors = new Map<string, Error | null>();
  for await (const { workflowId, error = null } of results) errors.set(workflowId, error);
  return errors;
}

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  built = await mkdtemp(join(tmpdir(), 'durable-turns-replay-'));
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  for (const kind of kinds) {
    const context = { cacheDir, signal: AbortSignal.timeout(240_000) };
    const file = await buildWorkflows(join(built, kind), context, kind);
    bundles[kind] = { codePath: kind === 'traced' ? tracedBundle(file) : file };
    replayed[kind] = await replayAll(kind);
  }
}, 300_000);
afterAll(() => rm(built, { recursive: true, force: true }));

describe('a turn that ran before this version', () => {
  test.each(names)('replays, with tracing and without: %s', (name) => {
    for (const kind of kinds) expect({ kind, error: replayed[kind]?.get(name) }).toEqual({ kind, error: null });
  });

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
    await replay(withoutPatches(split()), 'traced');
  }, 60_000);

  test('fails a replay of code that records a patch in the second task, which shows that the check above works', async () => {
    await expect(replay(split())).rejects.toThrow(/[Nn]ondeterminism/);
  }, 60_000);
});
