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
import { operatorCourses } from './operatorCourses.js';
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

/** The marks that say how far the code had come when a turn began: which there are among these courses. */
function marksOf(courses: { keeps: string[] }[]): (string | null)[] {
  const marks = courses
    .flatMap(({ keeps }) => keeps)
    .map((name) => {
      const history = readableHistory(recorded(`${name}.json`));
      return ['phases', 'fan-out'].find((mark) => history.includes(`\\"${mark}\\"`)) ?? null;
    });
  return [...new Set(marks)];
}

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
    expect(marksOf(spineCourses)).toEqual([null]);
    expect(marksOf(narrativeCourses)).toEqual(['fan-out']);
  });

  test('may have begun before its search attributes followed it, or since', () => {
    expect(marksOf(operatorCourses)).toEqual(['phases']);
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
