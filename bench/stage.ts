import { randomUUID } from 'node:crypto';
import { type SpawnedProvider, spawnScriptedProvider } from '../test/support/provider/spawnScriptedProvider.js';
import { startService } from '../test/support/service/service.js';
import { type Script, startScript } from './script.js';
import { type Subject, subjectClient } from './subject.js';

/**
 * All that a run needs: the provider, the service on its real launcher, the pipe, the shortest durable design on the
 * service's Temporal, and a crowd, each in processes of its own.
 */
export type Stage = {
  provider: SpawnedProvider;
  service: Subject;
  pipe: Subject;
  durable: Subject;
  crowd: Script;
  temporalAddress: string;
  databaseUrl: string;
  close(): Promise<void>;
};

export async function openStage(): Promise<Stage> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const provider = await spawnScriptedProvider();
    closers.push(provider.close);
    const running = await startService({ env: serviceEnv(provider.baseUrl) });
    closers.push(running.dispose);
    const pipe = await startScript('bench/pipeProcess.ts', { OPENAI_BASE_URL: provider.baseUrl });
    closers.push(pipe.stop);
    const crowd = await startScript('bench/crowdProcess.ts');
    closers.push(crowd.stop);
    const { pids, temporalAddress, databaseUrl } = await running.run();
    const { launcher: _, ...counted } = pids;
    const durable = await startDurable(provider.baseUrl, temporalAddress, closers);
    const host = await running.client.createCharacter();
    return {
      provider,
      crowd,
      temporalAddress,
      databaseUrl,
      service: {
        name: 'service',
        base: running.api,
        client: subjectClient(running.api),
        pids: counted,
        newChat: async () => (await running.client.createChat(host.id)).id,
      },
      pipe: {
        name: 'pipe',
        base: pipe.said,
        client: subjectClient(pipe.said),
        pids: { pipe: pipe.pid },
        newChat: async () => randomUUID(),
      },
      durable: { ...durable, pids: { ...durable.pids, temporal: pids.temporal ?? 0 } },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startDurable(
  providerUrl: string,
  temporalAddress: string,
  closers: (() => Promise<void>)[],
): Promise<Subject> {
  const env = { OPENAI_BASE_URL: providerUrl, TEMPORAL_ADDRESS: temporalAddress };
  const api = await startScript('bench/durable/apiProcess.ts', env);
  closers.push(api.stop);
  const worker = await startScript('bench/durable/workerProcess.ts', { ...env, API_URL: api.said });
  closers.push(worker.stop);
  return {
    name: 'durable',
    base: api.said,
    client: subjectClient(api.said),
    pids: { api: api.pid, worker: worker.pid },
    newChat: async () => randomUUID(),
  };
}

/** As anyone would run it; only the limits on one client's requests, viewers and replies are out of the bench's way. */
export const serviceEnv = (providerUrl: string) => ({
  OPENAI_BASE_URL: providerUrl,
  OPENAI_API_KEY: 'bench',
  REQUESTS_PER_MINUTE: '1000000',
  VIEWERS_PER_OWNER: '20000',
  STREAM_CONCURRENCY: '1000',
});
