import type { TestDatabase } from '../../test/support/postgres/postgres.js';
import { type ScriptedProvider, startScriptedProvider } from '../../test/support/provider/scriptedProvider.js';
import type { ProbedProcess } from '../../test/support/service/probedProcess.js';
import { until } from '../../test/support/until.js';
import { createServiceClient, type ServiceClient } from '../../test/support/viewers/serviceClient.js';
import { bearer, keys } from './apiAttack.js';
import type { Checkout } from './checkout.js';

/** The api and one worker of a checkout, each in a process of its own, with the model's server of the configuration. */
export type Service = {
  worker: ProbedProcess;
  provider: ScriptedProvider;
  attacker: ServiceClient;
  /** Milliseconds from the post of a turn of the other owner to its first token; null when there was none in time. */
  firstTokenMs(withinMs: number): Promise<number | null>;
  close(): Promise<void>;
};

let taskQueues = 0;

export async function startService(
  checkout: Checkout,
  database: TestDatabase,
  env: Record<string, string>,
): Promise<Service> {
  const provider = await startScriptedProvider();
  const settings = {
    API_KEYS: keys.list,
    PROVIDER_ENCRYPTION_KEY: 'ab'.repeat(32),
    TASK_QUEUE: `owner-attacks-${process.pid}-${taskQueues++}`,
    // A name, so that each new connection looks it up, as with a provider on the internet
    OPENAI_BASE_URL: provider.baseUrl.replace('127.0.0.1', 'localhost'),
    OPENAI_API_KEY: 'k',
    ...env,
  };
  const api = await checkout.startApi(database, settings);
  const worker = checkout.startWorker(database, { ...settings, GATEWAY_URL: api.url });
  const isReady = async () => ((await fetch(`${api.url}/readyz`)).ok ? true : null);
  await until('the worker polls', isReady, 60_000);
  const other = createServiceClient(api.url, { key: keys.other });
  const chat = await agentChat(other);
  return {
    worker,
    provider,
    attacker: createServiceClient(api.url, { key: keys.attacker, timeoutMs: 60_000 }),
    firstTokenMs: (withinMs) => firstTokenMs(`${api.url}/v1/chats/${chat}/turns`, withinMs),
    async close() {
      await worker.stop(1_000);
      await api.stop();
      await provider.close();
    },
  };
}

/** A chat without tools and classifiers. */
export async function agentChat(client: ServiceClient, settings: object = {}): Promise<string> {
  const { body } = await client.send<{ id: string }>('POST', '/v1/chats', {
    kind: 'agent',
    enabledTools: [],
    ...settings,
  });
  return body.id;
}

async function firstTokenMs(url: string, withinMs: number): Promise<number | null> {
  const begun = performance.now();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...bearer(keys.other), accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'I am another owner.' }),
      signal: AbortSignal.timeout(withinMs),
    });
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (text.includes('"type":"token"')) return Math.round(performance.now() - begun);
    }
    throw new Error(`the stream of the other owner's turn ended without a token: ${text.slice(0, 500)}`);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return null;
    throw error;
  }
}
