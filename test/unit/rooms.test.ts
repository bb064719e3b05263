import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rooms as roomNames } from '../../scripts/rooms.js';

/** What each room may import, and some of what it may not: the table of DESIGN.md, as the lint sees it. */
const rooms: Record<string, { may: string[]; mayNot: string[] }> = {
  domain: {
    may: ["import { z } from 'zod'", "import { cleanText } from './text.js'"],
    mayNot: [
      "import pg from 'pg'",
      "import { randomUUID } from 'node:crypto'",
      "import { readConfig } from '../config.js'",
      "import type { Db } from '../db/pool.js'",
    ],
  },
  workflows: {
    may: [
      "import { sleep } from '@temporalio/workflow'",
      "import { failures } from '../domain/failures.js'",
      "import type { Activities } from '../activities/index.js'",
    ],
    mayNot: [
      "import { streamReply } from '../activities/streamReply.js'",
      "export * from '../activities/streamReply.js'",
      "import { readTurn } from '../db/turn.js'",
      "import { Client } from '@temporalio/client'",
      "import { readFile } from 'node:fs/promises'",
    ],
  },
  activities: {
    may: [
      "import { heartbeat } from '@temporalio/activity'",
      "import { readTurn } from '../db/turn.js'",
      "import { port } from '../llm/port.js'",
    ],
    mayNot: [
      "import OpenAI from 'openai'",
      "import Anthropic from '@anthropic-ai/sdk'",
      "import pg from 'pg'",
      "import { Client } from '@temporalio/client'",
      "import { createApi } from '../api/app.js'",
      "import { readConfig } from '../config.js'",
      "import { trace } from '@opentelemetry/api'",
      "import { createRegistry } from '../telemetry/registry.js'",
    ],
  },
  llm: {
    may: [
      "import OpenAI from 'openai'",
      "import Anthropic from '@anthropic-ai/sdk'",
      "import { TurnFailure } from '../domain/failures.js'",
    ],
    mayNot: ["import { readTurn } from '../db/turn.js'", "import { heartbeat } from '@temporalio/activity'"],
  },
  db: {
    may: ["import pg from 'pg'", "import { events } from '../domain/events.js'"],
    mayNot: ["import OpenAI from 'openai'", "import { hub } from '../viewers/hub.js'"],
  },
  viewers: {
    may: ["import { readEvents } from '../db/log.js'", "import { WebSocket } from 'ws'"],
    mayNot: ["import pg from 'pg'", "import { createApi } from '../api/app.js'", "import express from 'express'"],
  },
  engine: {
    may: ["import { Client } from '@temporalio/client'", "import { stepName } from '../domain/stepName.js'"],
    mayNot: [
      "import { readTurn } from '../db/turn.js'",
      "import { Worker } from '@temporalio/worker'",
      "import { narrative } from '../workflows/narrative.js'",
    ],
  },
  api: {
    may: [
      "import express from 'express'",
      "import { createTurnEngine } from '../engine/turnEngine.js'",
      "import { readConfig } from '../config.js'",
      "import { createRegistry } from '../telemetry/registry.js'",
    ],
    mayNot: [
      "import pg from 'pg'",
      "import OpenAI from 'openai'",
      "import { streamReply } from '../activities/streamReply.js'",
      "import { Worker } from '@temporalio/worker'",
      "import { port } from '../llm/port.js'",
      "import { trace } from '@opentelemetry/api'",
    ],
  },
  worker: {
    may: [
      "import { Worker } from '@temporalio/worker'",
      "import { streamReply } from '../activities/streamReply.js'",
      "import { createProvider } from '../llm/provider.js'",
    ],
    mayNot: ["import { createApi } from '../api/app.js'", "import OpenAI from 'openai'", "import pg from 'pg'"],
  },
  telemetry: {
    may: [
      "import { trace } from '@opentelemetry/api'",
      "import type { Committed } from '../db/committed.js'",
      "import { listen } from '../lib/listen.js'",
    ],
    mayNot: [
      "import pg from 'pg'",
      "import express from 'express'",
      "import { readConfig } from '../config.js'",
      "import type { Telemetry } from '../activities/telemetry.js'",
      "import { createMetrics } from '../api/metrics.js'",
    ],
  },
  client: {
    may: ["import { backoffMs } from './backoff.js'", "import { backoffMs } from '../requests/backoff.js'"],
    mayNot: [
      "import { z } from 'zod'",
      "import { WebSocket } from 'ws'",
      "import type { ViewerFrame } from '../../domain/log/frames.js'",
      "import type { ViewerFrame } from '../../../domain/log/frames.js'",
    ],
  },
  web: {
    may: [
      "import type { ViewerFrame } from '../domain/log/frames.js'",
      "import { foldMarks } from '../domain/timeline/marks.js'",
      "import { createClient } from '../client/src/index.js'",
    ],
    mayNot: ["import { readTurn } from '../db/turn.js'", "import { readConfig } from '../config.js'"],
  },
  lib: {
    may: ["import { lookup } from 'node:dns/promises'"],
    mayNot: ["import { events } from '../domain/log/events.js'", "import pg from 'pg'"],
  },
  // A folder inside a room: the same rules, one level deeper.
  'web/*': {
    may: ["import { get } from '../data/api.js'", "import type { Edge } from '../../domain/narrative/edge.js'"],
    mayNot: [
      "import { readConfig } from '../../config.js'",
      "import type { Pool } from '../../db/core/pool.js'",
      "import { z } from 'zod'",
    ],
  },
  'db/*': {
    may: ["import { pool } from '../core/pool.js'", "import { events } from '../../domain/log/events.js'"],
    mayNot: ["import { hub } from '../../viewers/gateway/hub.js'", "import { readConfig } from '../../config.js'"],
  },
  'domain/*': {
    may: ["import { cleanText } from '../text/text.js'", "import { z } from 'zod'"],
    mayNot: ["import type { Pool } from '../../db/core/pool.js'", "import { randomUUID } from 'node:crypto'"],
  },
  'workflows/*': {
    may: ["import type { Activities } from '../../activities/index.js'", "import { steps } from '../turns/steps.js'"],
    mayNot: ["import { streamReply } from '../../activities/streaming/streamReply.js'"],
  },
};

const cases = Object.entries(rooms).flatMap(([room, { may, mayNot }]) => [
  ...may.map((statement) => ({ room, statement, refused: false })),
  ...mayNot.map((statement) => ({ room, statement, refused: true })),
]);
const environmentFile = 'activities/readsTheEnvironment.ts';
/** A rule for the folders of a room is tried in one of them. */
const folderOf = (room = '') => (room === 'client' ? 'client/src' : room.replace('*', 'turns'));
const caseFile = (index: number) => `${folderOf(cases[index]?.room)}/case${index}.ts`;

let tree: string;
let report: string;

/** A copy of the lint's configuration beside one file a case: one run of the linter answers for all. */
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'rooms-'));
  for (const file of ['biome.json', '.gitignore']) await copyFile(file, join(tree, file));
  await cp('.biome', join(tree, '.biome'), { recursive: true });
  for (const room of Object.keys(rooms)) await mkdir(join(tree, folderOf(room)), { recursive: true });
  await Promise.all(cases.map(({ statement }, index) => writeFile(join(tree, caseFile(index)), `${statement};\n`)));
  await writeFile(join(tree, environmentFile), 'export const port = process.env.PORT;\n');
  report = await lint(tree);
}, 60_000);

afterAll(() => rm(tree, { recursive: true, force: true }));

function lint(folder: string): Promise<string> {
  const biome = join(process.cwd(), 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '--diagnostic-level=error'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, timeout: 50_000 }, (error, stdout, stderr) => {
      // exit code 1 is what a finding gives; anything that printed no finding is the linter itself failing
      if (error && !stdout.includes('::error')) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

const errorsOf = (file: string) =>
  report
    .split('\n')
    .filter((line) => line.startsWith('::error') && line.includes(`${file},`))
    .filter((line) => /title=(lint\/style\/noRestrictedImports|lint\/style\/noProcessEnv|plugin)/.test(line));

describe('the import rules of the rooms', () => {
  test.each(cases.map((row, index) => ({ ...row, index })).filter((row) => row.refused))(
    'refuse in $room: $statement',
    ({ index }) => expect(errorsOf(caseFile(index))).not.toHaveLength(0),
  );

  test.each(cases.map((row, index) => ({ ...row, index })).filter((row) => !row.refused))(
    'allow in $room: $statement',
    ({ index }) => expect(errorsOf(caseFile(index))).toHaveLength(0),
  );

  test('allow only config.ts to read the environment', () => {
    expect(errorsOf(environmentFile)).not.toHaveLength(0);
  });

  test('exist for every room of the source', async () => {
    const { overrides } = JSON.parse(await readFile('.biome/rooms.json', 'utf8')) as {
      overrides: { includes: string[] }[];
    };
    const ruled = overrides.map(({ includes }) => includes[0]?.replace('/**', ''));
    expect(ruled.sort()).toEqual([...roomNames, 'client'].sort());
    expect(Object.keys(rooms)).toEqual(expect.arrayContaining([...roomNames, 'client']));
  });
});
