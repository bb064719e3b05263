import type { Chat, Turn } from '../../../client/src/index.js';
import { type ProviderCall, type ScriptedProvider, startScriptedProvider } from '../provider/scriptedProvider.js';
import { type FollowingViewer, openFollowingViewer } from '../viewers/followingViewer.js';
import type { PostTurn } from '../viewers/serviceClient.js';
import { type LogEntry, logLines } from './logLines.js';
import { type Service, startService } from './service.js';
import { useSharedServers } from './sharedServers.js';

/** A reply in the middle of its stream: the viewer has `begun`, and the provider waits to be told more. */
export type HalfReply = {
  chat: Chat;
  viewer: FollowingViewer;
  turn: Turn;
  call: ProviderCall;
  begun: string;
};

export type ScriptedService = {
  service: Service;
  provider: ScriptedProvider;
  /** The provider's key, to look for where it must not be. */
  providerKey: string;
  /** A new chat with a viewer, and a turn in it whose reply streams. */
  beginReply(turn?: PostTurn & { text?: string; begun?: string }): Promise<HalfReply>;
  /** The next request for the turn's reply, whichever attempt it is of. */
  nextAttempt(turnId: string, withinMs?: number): Promise<ProviderCall>;
  attempts(turnId: string): ProviderCall[];
  /** The lines of a process's log that suit, once there are any. */
  logLines(process: 'api' | 'worker', suits: (entry: LogEntry) => boolean): Promise<LogEntry[]>;
  /** From here on replies wait to be driven by the test. */
  driveReplies(): void;
  dispose(): Promise<void>;
};

/**
 * The real service, on a provider that does what the test says. One for each test file. With `ownServers`, its Postgres
 * and its Temporal are its own, and the test may stop or change them.
 */
export async function startScriptedService(
  env: Record<string, string> = {},
  { ownServers = false }: { ownServers?: boolean } = {},
): Promise<ScriptedService> {
  const provider = await startScriptedProvider();
  const shared = ownServers ? null : await useSharedServers();
  const providerKey = 'sk-never-to-be-seen-0123456789';
  const service = await startService({
    env: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: providerKey, LOG_LEVEL: 'debug', ...shared?.env, ...env },
  }).catch(async (error: unknown) => {
    // Otherwise the run of tests would not end.
    await Promise.all([provider.close(), shared?.release()]);
    throw error;
  });
  const viewers: FollowingViewer[] = [];

  const isFor = (turnId: string) => (call: ProviderCall) => call.requestId?.startsWith(`${turnId}/reply:`) ?? false;
  const nextAttempt = (turnId: string, withinMs = 20_000) => provider.nextRequest(isFor(turnId), withinMs);

  return {
    service,
    provider,
    providerKey,
    nextAttempt,
    attempts: (turnId) => provider.requests.filter(isFor(turnId)),
    logLines: (process, suits) => logLines(service.dataDir, process, suits),
    driveReplies: () => provider.script(() => ({ steps: [] })),
    async beginReply({ text = 'Is anybody there?', begun = 'The lamp turns, ', ...how } = {}) {
      provider.script(() => ({ steps: [] }));
      const chat = await service.client.newChat();
      const viewer = openFollowingViewer(service.api, chat.id);
      viewers.push(viewer);
      const turn = await service.client.postTurn(chat.id, text, how);
      const call = await nextAttempt(turn.id);
      await call.send(begun);
      await viewer.untilText(turn.id, begun.length);
      return { chat, viewer, turn, call, begun };
    },
    async dispose() {
      for (const viewer of viewers) viewer.close();
      await provider.close();
      await service.dispose();
      await shared?.release();
    },
  };
}
