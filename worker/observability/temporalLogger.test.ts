import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { activitiesOnly, temporalLogger } from './temporalLogger.js';

function logged(write: (logger: ReturnType<typeof temporalLogger>) => void) {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  write(temporalLogger(pino({ level: 'debug' }, sink)));
  return lines.map((line) => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string };
    return { level: pino.levels.labels[level], msg };
  });
}

test('a warning of the Temporal SDK is a warning of the worker', () => {
  expect(logged((logger) => logger.warn('the server is slow'))).toEqual([{ level: 'warn', msg: 'the server is slow' }]);
  expect(logged((logger) => logger.log('WARN', 'the server is slow'))).toMatchObject([{ level: 'warn' }]);
});

test('that an SDK worker of activities has no workflows is no warning', () => {
  expect(logged((logger) => logger.warn(activitiesOnly))).toEqual([{ level: 'debug', msg: activitiesOnly }]);
  expect(logged((logger) => logger.log('WARN', activitiesOnly))).toMatchObject([{ level: 'debug' }]);
});

test('the installed Temporal SDK words the message of a worker without workflows as expected', async () => {
  const file = createRequire(import.meta.url).resolve('@temporalio/worker/lib/worker.js');
  expect(await readFile(file, 'utf8')).toContain(activitiesOnly);
});
