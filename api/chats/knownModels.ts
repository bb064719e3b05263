import { createHash } from 'node:crypto';
import { fetchModels, type ModelServer } from '../../lib/fetchModels.js';
import type { Log } from '../../telemetry/log/log.js';

/** For how long a list, and for how long a failure, is used again; how many of them are kept. */
const kept = { listMs: 5 * 60_000, failureMs: 30_000, servers: 500 } as const;

/** The models of a server; null when it did not list them. Never rejects. */
export type KnownModels = (server: ModelServer) => Promise<string[] | null>;

type Known = { until: number; models: Promise<string[] | null> };

/** Asks each server once in some minutes. Calls at the same time share one request. */
export function createKnownModels(log: Pick<Log, 'info'>, fetch: typeof fetchModels = fetchModels): KnownModels {
  const known = new Map<string, Known>();

  function ask(server: ModelServer, key: string): Promise<string[] | null> {
    const entry: Known = { until: Number.POSITIVE_INFINITY, models: Promise.resolve(null) };
    entry.models = fetch(server).then(
      (models) => {
        entry.until = performance.now() + kept.listMs;
        return models;
      },
      (err: unknown) => {
        entry.until = performance.now() + kept.failureMs;
        log.info({ err }, 'a provider did not list its models');
        return null;
      },
    );
    known.delete(key);
    known.set(key, entry);
    for (const oldest of known.keys()) {
      if (known.size <= kept.servers) break;
      known.delete(oldest);
    }
    return entry.models;
  }

  return (server) => {
    const key = createHash('sha256')
      .update(JSON.stringify([server.baseUrl, server.api, server.apiKey, server.addresses?.loopback]))
      .digest('base64');
    const entry = known.get(key);
    return entry && performance.now() < entry.until ? entry.models : ask(server, key);
  };
}
