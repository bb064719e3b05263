import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rollingRestarts } from './support/service/rollingRestarts.js';
import { startScriptedService } from './support/service/scriptedService.js';
import type { ProcessName } from './support/service/service.js';
import { fetchHistory, historyToJson } from './support/temporal/engine.js';

/**
 * `node --import tsx test/rolling.ts [--restarts 100] [--streams 20] [--victims worker,api] [--pause 3000] [--hasty]`: deploys over
 * and over, under streams. Prints a report as JSON, and fails if a deploy cost anything.
 */
const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '100' },
    streams: { type: 'string', default: '20' },
    victims: { type: 'string', default: 'worker,api' },
    pause: { type: 'string', default: '3000' },
    tokens: { type: 'string', default: '40' },
    every: { type: 'string', default: '100' },
    hasty: { type: 'boolean', default: false },
    /** A folder for the logs, and for the history of the slowest turn. */
    keep: { type: 'string' },
  },
});

const world = await startScriptedService({ LOG_LEVEL: 'info' });
try {
  const report = await rollingRestarts(world, {
    restarts: Number(values.restarts),
    streams: Number(values.streams),
    victims: values.victims.split(',') as ProcessName[],
    pauseMs: Number(values.pause),
    tokens: Number(values.tokens),
    everyMs: Number(values.every),
    isHasty: values.hasty,
    say: console.error,
  });
  console.log(JSON.stringify(report, null, 2));
  const { slowestTurn } = report.millis;
  if (values.keep) {
    await cp(join(world.service.dataDir, 'logs'), values.keep, { recursive: true });
    const history = slowestTurn ? historyToJson(await fetchHistory(world.service, slowestTurn)) : null;
    await writeFile(join(values.keep, 'slowest.json'), JSON.stringify(history));
  }
  const { hung, restartsSeen, boughtAgain, violations, turns, completed } = report;
  const isFree = hung.length + restartsSeen + boughtAgain.length + violations.length === 0 && turns === completed;
  process.exitCode = isFree ? 0 : 1;
} finally {
  await world.dispose();
}
