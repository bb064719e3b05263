import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { paced } from '../provider/scriptedReply.js';
import { until } from '../until.js';
import { type FollowingViewer, openFollowingViewer } from '../viewers/followingViewer.js';
import type { LogEntry } from './logLines.js';
import type { ScriptedService } from './scriptedService.js';
import type { ProcessName } from './service.js';

export type RollingOptions = {
  restarts: number;
  /** Chats that always have a reply in flight, each with a viewer. */
  streams: number;
  /** Whose turn it is, over and over. */
  victims: ProcessName[];
  /** Between one restart and the next. */
  pauseMs: number;
  /** Does not wait until a new worker polls, as a deploy would: it may be ended while it starts. */
  isHasty?: boolean;
  tokens: number;
  everyMs: number;
  say?: (line: string) => void;
};

export type RollingReport = {
  restarts: number;
  turns: number;
  completed: number;
  /** Turns that had not ended a minute after the last restart. */
  hung: string[];
  restartsSeen: number;
  /** Requests to the provider beyond the first one of each step. */
  boughtAgain: string[];
  violations: string[];
  /** From POST to the end that the viewer saw. */
  millis: { p50: number; p99: number; slowest: number; slowestTurn: string | null };
};

type Ended = { turnId: string; status: string; ms: number };

const ENDS_WITHIN_MS = 60_000;

/** Restarts processes of the service one after the other, by SIGTERM, while every chat has a reply in flight. */
export async function rollingRestarts(world: ScriptedService, options: RollingOptions): Promise<RollingReport> {
  const { service, provider } = world;
  const words = Array.from({ length: options.tokens }, (_, n) => `word${n} `);
  provider.script(({ n }) => paced([`${n}: `, ...words], { everyMs: options.everyMs }));
  const over = new AbortController();
  const chats = await Promise.all(Array.from({ length: options.streams }, () => service.client.newChat()));
  const viewers = chats.map(({ id }) => openFollowingViewer(service.api, id));
  const ended: Ended[] = [];
  const hung: string[] = [];
  const talking = viewers.map((viewer) => talk(world, viewer, { over: over.signal, ended, hung }));
  try {
    await until('every chat streams', async () => (provider.requests.length >= options.streams ? true : null), 60_000);
    for (let n = 0; n < options.restarts; n++) {
      const victim = options.victims[n % options.victims.length] ?? 'worker';
      await restart(world, victim, options);
      options.say?.(`${n + 1}/${options.restarts} ${victim}: ${ended.length} turns ended`);
      await delay(options.pauseMs);
    }
    over.abort();
    await Promise.all(talking);
    return report(world, options, { viewers, ended, hung });
  } finally {
    over.abort();
    for (const viewer of viewers) viewer.close();
  }
}

async function restart(world: ScriptedService, victim: ProcessName, { isHasty }: RollingOptions): Promise<void> {
  const { service } = world;
  const before = await service.kill(victim, 'SIGTERM');
  const after = await service.waitForRestart(victim, before, 60_000);
  if (victim !== 'worker' || isHasty) return;
  const isReady = (entry: LogEntry) => entry.pid === after && entry.msg === 'worker is ready';
  await world.logLines('worker', isReady);
}

type Talk = { over: AbortSignal; ended: Ended[]; hung: string[] };

/** One turn after the other, as long as there are restarts. */
async function talk({ service }: ScriptedService, viewer: FollowingViewer, { over, ended, hung }: Talk): Promise<void> {
  for (let n = 0; !over.aborted; n++) {
    const begunAt = performance.now();
    const turnId = await post(service.client, viewer.chatId, n);
    if (!(await endsInTime(viewer, turnId, over))) return void hung.push(turnId);
    const ms = Math.round(performance.now() - begunAt);
    const event = viewer.frames.find(
      (frame) => frame.type === 'event' && frame.kind === 'turn_completed' && frame.turnId === turnId,
    );
    const status = event?.type === 'event' ? String((event.data as { status?: unknown }).status) : 'unknown';
    ended.push({ turnId, status, ms });
  }
}

/** A turn may wait for a worker as long as there are restarts, and a minute longer. */
async function endsInTime(viewer: FollowingViewer, turnId: string, over: AbortSignal): Promise<boolean> {
  for (;;) {
    const isLast = over.aborted;
    const ended = await viewer.untilEnd(turnId, ENDS_WITHIN_MS).then(
      () => true,
      () => false,
    );
    if (ended || isLast) return ended;
  }
}

/** Repeated with one key while the api restarts: that makes one turn. */
function post(client: ScriptedService['service']['client'], chatId: string, n: number): Promise<string> {
  const idempotencyKey = randomUUID();
  return until(
    'the turn is accepted',
    async () => {
      try {
        return (await client.postTurn(chatId, `Turn ${n}.`, { idempotencyKey })).id;
      } catch {
        return null;
      }
    },
    ENDS_WITHIN_MS,
  );
}

type Seen = { viewers: FollowingViewer[]; ended: Ended[]; hung: string[] };

function report({ provider }: ScriptedService, { restarts }: RollingOptions, seen: Seen): RollingReport {
  const { viewers, ended, hung } = seen;
  const steps = new Set<string>();
  const boughtAgain: string[] = [];
  for (const { requestId = '' } of provider.requests) {
    const step = requestId.replace(/\/\d+$/, '');
    if (steps.has(step)) boughtAgain.push(requestId);
    steps.add(step);
  }
  const sorted = ended.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const slowest = at(1);
  return {
    restarts,
    turns: ended.length + hung.length,
    completed: ended.filter(({ status }) => status === 'completed').length,
    hung,
    restartsSeen: viewers.flatMap(({ frames }) => frames.filter(({ type }) => type === 'restart')).length,
    boughtAgain,
    violations: viewers.flatMap(({ violations }) => violations),
    millis: {
      p50: at(0.5),
      p99: at(0.99),
      slowest,
      slowestTurn: ended.find(({ ms }) => ms === slowest)?.turnId ?? null,
    },
  };
}
