import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startAgentWorld } from '../support/chats/agentWorld.js';
import { startNarrativeWorld } from '../support/chats/narrativeWorld.js';
import { startScriptedService } from '../support/service/scriptedService.js';
import type { Service } from '../support/service/service.js';
import { fetchHistory, historyToJson, withTemporal } from '../support/temporal/engine.js';
import { agentCourses } from './agentCourses.js';
import type { Course } from './course.js';
import { narrativeCourses } from './narrativeCourses.js';
import { operatorCourses } from './operatorCourses.js';
import { spineCourses, tracedCourses } from './spineCourses.js';
import { titleCourses } from './titleCourses.js';
import { webhookCourses } from './webhookCourses.js';

/**
 * `node --import tsx test/replay/record.ts`: runs each course that has no history yet on the real service, and
 * keeps the histories for the replay test. One that is there is never recorded again: a history that no longer
 * replays is a turn of a running service that no longer ends.
 */
const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const fileOf = (name: string) => `${folder}${name}.json`;

type World = { provider: { unscript(): void }; dispose(): Promise<void> };

async function record<W extends World>(
  courses: Course<W>[],
  start: () => Promise<W>,
  serviceOf: (world: W) => Service,
): Promise<void> {
  const missing = courses.filter(({ keeps }) => !keeps.every((name) => existsSync(fileOf(name))));
  if (missing.length === 0) return;
  const world = await start();
  try {
    for (const { run } of missing) {
      for (const [name, turnId] of Object.entries(await run(world))) await keep(serviceOf(world), name, turnId);
      world.provider.unscript();
    }
  } finally {
    await world.dispose();
  }
}

async function keep(service: Service, name: string, turnId: string): Promise<void> {
  if (turnId.startsWith('turn_')) await service.client.awaitTurnEnd(turnId.split('/')[0] ?? turnId);
  await withTemporal(service, (client) => client.workflow.getHandle(turnId).result());
  const history = await fetchHistory(service, turnId);
  await writeFile(fileOf(name), `${withoutPaths(JSON.stringify(historyToJson(history), null, 1))}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

/** Stack traces name where this repository is on the machine that recorded them. */
const withoutPaths = (json: string) => json.replaceAll(fileURLToPath(new URL('../../', import.meta.url)), '');

await mkdir(folder, { recursive: true });
await record([...spineCourses, ...webhookCourses], startScriptedService, ({ service }) => service);
// The collector is away: what is recorded are the histories of turns that are traced.
await record(
  tracedCourses,
  () => startScriptedService({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
  ({ service }) => service,
);
await record(
  titleCourses,
  () => startScriptedService({ CHAT_TITLES: 'on' }),
  ({ service }) => service,
);
await record(agentCourses, startAgentWorld, (world) => world.service());
await record([...narrativeCourses, ...operatorCourses], startNarrativeWorld, (world) => world.service());
