import type { Client } from '@temporalio/client';
import type { Namespace } from '../domain/turns/reconcile.js';
import { coalesce } from '../lib/coalesce.js';

/** The namespace that a client is connected to. */
export type ConnectedNamespace = {
  /** The namespace, at most 30 s old. Throws when Temporal does not answer. */
  read(): Promise<Namespace>;
  /** The id as last read, null before that. Never waits. */
  known(): string | null;
};

const deadlineMs = 1_000;
/** Older than `freshMs`: read again in the background. Older than `staleMs`: the caller waits for the read. */
const freshMs = 5_000;
const staleMs = 30_000;

/** Reads the namespace repeatedly: a connection that breaks may be made again to another server. */
export function createConnectedNamespace(client: Client): ConnectedNamespace {
  let last: { at: number; namespace: Namespace } | null = null;

  const refresh = coalesce(async () => {
    const namespace = await readNamespace(client);
    last = { at: performance.now(), namespace };
    return namespace;
  });
  const refreshIfOld = (): number => {
    const age = last ? performance.now() - last.at : Number.POSITIVE_INFINITY;
    // The error is not lost: the caller's own call to Temporal fails with it.
    if (age > freshMs) refresh().catch(() => undefined);
    return age;
  };

  return {
    async read() {
      const age = refreshIfOld();
      return last && age <= staleMs ? last.namespace : refresh();
    },
    known() {
      refreshIfOld();
      return last?.namespace.id ?? null;
    },
  };
}

/** Throws when Temporal does not answer in time. */
async function readNamespace(client: Client): Promise<Namespace> {
  const { namespace: name } = client.options;
  const { connection } = client;
  const within = <T>(call: () => Promise<T>) => connection.withDeadline(Date.now() + deadlineMs, call);
  const [{ namespaceInfo }, clusterId] = await Promise.all([
    within(() => connection.workflowService.describeNamespace({ namespace: name })),
    // Some servers do not allow this call. The cluster's id is only shown to people.
    within(() => connection.workflowService.getClusterInfo({})).then(
      (cluster) => cluster.clusterId || null,
      () => null,
    ),
  ]);
  if (!namespaceInfo?.id) throw new Error(`the server did not say which namespace ${name} is`);
  return { id: namespaceInfo.id, name, clusterId };
}
