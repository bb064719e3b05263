import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chat, Turn } from '../../../client/src/index.js';
import { followUpsOf } from '../../../domain/classifiers/index.js';
import type { ChatEvent } from '../../../domain/log/events.js';
import { type ProviderCall, type ScriptedProvider, startScriptedProvider } from '../provider/scriptedProvider.js';
import { type LogEntry, logLines } from '../service/logLines.js';
import { type Service, startService } from '../service/service.js';
import { useSharedServers } from '../service/sharedServers.js';
import { until } from '../until.js';
import { type FollowingViewer, openFollowingViewer } from '../viewers/followingViewer.js';
import type { PostTurn } from '../viewers/serviceClient.js';

/** A request of a turn to the provider, by the names in its request id. */
export type StepCall = { step: string; attempt: number; call: ProviderCall };

export type Played = {
  turn: Turn;
  /** The turn's own events, oldest first. */
  events: ChatEvent[];
  calls: StepCall[];
};

export type Scene = { chat: Chat; path: string; hostId: string; guestId: string };
type Person = { name?: string; persona?: string; greeting?: string };
export type ChatWish = { host?: Person; guest?: Person | null; container?: string | null };

/** The real service with a scripted provider, and what tests of narrative turns do again and again. */
export type NarrativeWorld = {
  provider: ScriptedProvider;
  service(): Service;
  /** Stops everything, and starts it again on the same data. */
  restart(): Promise<void>;
  /** A chat of a host, a guest and an open scene, unless it is wished otherwise. */
  newChat(wish?: ChatWish): Promise<Scene>;
  /** Posts a turn and waits for its end. */
  play(chatId: string, text?: string, how?: PostTurn): Promise<Played>;
  ended(turnId: string): Promise<Played>;
  /** Waits until the turn is `awaiting_operator`, which it stays. */
  awaitingOperator(turnId: string): Promise<Turn>;
  callsOf(turnId: string): StepCall[];
  /** The next request for the turn's first reply. */
  nextReply(turnId: string): Promise<ProviderCall>;
  list(path: string): Promise<Record<string, unknown>[]>;
  watch(chatId: string): FollowingViewer;
  /** The lines of a process's log that suit, once there are any. */
  logLines(process: 'api' | 'worker', suits: (entry: LogEntry) => boolean): Promise<LogEntry[]>;
  dispose(): Promise<void>;
};

export const stepOf = (requestId: string | undefined): string => requestId?.split('/')[1] ?? '';

/** With `ownServers`, the Postgres and the Temporal of the service are its own, and the test may see nothing else in them. */
export async function startNarrativeWorld(
  env: Record<string, string> = {},
  { ownServers = false }: { ownServers?: boolean } = {},
): Promise<NarrativeWorld> {
  const provider = await startScriptedProvider();
  const shared = ownServers ? null : await useSharedServers();
  const dataDir = await mkdtemp(join(tmpdir(), 'durable-turns-'));
  const variables = {
    OPENAI_BASE_URL: provider.baseUrl,
    OPENAI_API_KEY: 'sk-scripted',
    STUCK_RETRY_INITIAL_MS: '50',
    ...shared?.env,
    ...env,
  };
  const viewers: FollowingViewer[] = [];
  let service = await startService({ env: variables, dataDir });

  const callsOf = (turnId: string): StepCall[] =>
    provider.requests.flatMap((call) => {
      const [turn, step = '', attempt] = call.requestId?.split('/') ?? [];
      return turn === turnId ? [{ step, attempt: Number(attempt), call }] : [];
    });
  const ended = async (turnId: string): Promise<Played> => {
    const turn = await service.client.awaitTurnEnd(turnId);
    const events = (await service.client.events(turn.chatId)).filter((event) => event.turnId === turnId);
    return { turn, events, calls: callsOf(turnId) };
  };

  return {
    provider,
    service: () => service,
    async restart() {
      await service.stop();
      service = await startService({ env: variables, dataDir });
    },
    async newChat({ host = {}, guest = {}, container = 'the lamp room' } = {}) {
      const { client } = service;
      const { id: hostId } = await client.createCharacter(host.name ?? 'Mira', host.persona, host.greeting);
      const guestId = guest ? (await client.createCharacter(guest.name ?? 'Tomas', guest.persona)).id : null;
      const wish = { kind: 'narrative', hostId, guestId, ...(container ? { scene: { container } } : {}) };
      const { body: chat } = await client.send<Chat>('POST', '/v1/chats', wish);
      return { chat, path: `/v1/chats/${chat.id}`, hostId, guestId: guestId ?? '' };
    },
    async play(chatId, text = 'Is anybody there?', how = {}) {
      return ended((await service.client.postTurn(chatId, text, how)).id);
    },
    ended,
    awaitingOperator: (turnId) =>
      until(`turn ${turnId} waits for an operator`, async () => {
        const turn = await service.client.getTurn(turnId);
        return turn.status === 'awaiting_operator' ? turn : null;
      }),
    callsOf,
    nextReply: (turnId) =>
      provider.nextRequest((call) => call.requestId?.startsWith(`${turnId}/reply:0/`) ?? false, 20_000),
    list: async (path) => (await service.client.send<{ items: Record<string, unknown>[] }>('GET', path)).body.items,
    watch(chatId) {
      const viewer = openFollowingViewer(service.api, chatId);
      viewers.push(viewer);
      return viewer;
    },
    logLines: (process, suits) => logLines(dataDir, process, suits),
    async dispose() {
      for (const viewer of viewers) viewer.close();
      await provider.close();
      await service.stop();
      await shared?.release();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The classifiers that follow a reply in a new chat, with its scene or without: steps with their names. */
export const followUpSteps = (scene: 'in a scene' | 'without a scene' = 'in a scene'): string[] =>
  followUpsOf({
    sceneId: scene === 'in a scene' ? 'scn_1' : null,
    hasProse: true,
    hasStoryEvents: false,
    regenerates: null,
  }).map(({ name }) => name);

/** How many events there are of a kind. */
export const count = (events: ChatEvent[], kind: string): number =>
  events.filter((event) => event.kind === kind).length;

/** The directed pairs of those present, as steps name them. */
export const updatesOf = (beat: number, ...present: string[]): string[] =>
  present.flatMap((source) =>
    present.filter((target) => target !== source).map((target) => `state_update:${source}>${target}:${beat}`),
  );
