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
import { type History, historyFromJson, readableHistory } from '../support/engine.js';
import { narrativeCourses } from './narrativeCourses.js';
import { spineCourses } from './spineCourses.js';

/** Turns that ran before this version, as they stand in somebody's Temporal: this version must be able to end them. */
const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
}, 120_000);

const recorded = (name: string) => historyFromJson(JSON.parse(readFileSync(folder + name, 'utf8')) as object);
const replay = (history: History) => Worker.runReplayHistory({ workflowBundle }, history);

describe('a turn that ran before this version', () => {
  test.each(names)(
    'replays: %s',
    async (name) => {
      await replay(recorded(name));
    },
    60_000,
  );

  test('may have begun before there were follow-ups, or have all of them', () => {
    const began = (name: string) => readableHistory(recorded(name)).includes('fan-out');
    expect(spineCourses.flatMap(({ keeps }) => keeps).map((name) => began(`${name}.json`))).not.toContain(true);
    expect(narrativeCourses.flatMap(({ keeps }) => keeps).map((name) => began(`${name}.json`))).not.toContain(false);
  });

  test('does not replay when a step of it is another one now, so that the above means something', async () => {
    const history = recorded('plain.json');
    const scheduled = history.events?.find((event) => event.activityTaskScheduledEventAttributes);
    const step = scheduled?.activityTaskScheduledEventAttributes?.activityType;
    if (step) step.name = 'anotherStep';
    await expect(replay(history)).rejects.toThrow(/[Nn]ondeterminism/);
  }, 60_000);

  test('holds no word of what was said', () => {
    for (const name of names) expect(readableHistory(recorded(name))).not.toMatch(/lamp|anybody/);
  });
});
