import { Client, type ClientOptions, Connection } from '@temporalio/client';
import { connectionOptions, type TemporalSettings } from '../engine/connection.js';
import { withinOr } from '../lib/within.js';

export type ClientInterceptors = NonNullable<ClientOptions['interceptors']>;

export type Temporal = {
  client: Client;
  /** Waits for pending calls, at most `ms`: closing the connection during a call that is retried ends the process. */
  close(ms: number): Promise<void>;
};

/** A client that connects at its first call, so that the api starts and accepts turns while Temporal is away. */
export function connectLazily(
  settings: TemporalSettings & { TEMPORAL_NAMESPACE: string },
  interceptors: ClientInterceptors,
): Temporal {
  const connection = Connection.lazy(connectionOptions(settings));
  const pending = new Set<Promise<unknown>>();
  const withDeadline = connection.withDeadline.bind(connection);
  connection.withDeadline = (deadline, call) => {
    const done = withDeadline(deadline, call);
    const settled: Promise<unknown> = done.then(
      () => pending.delete(settled),
      () => pending.delete(settled),
    );
    pending.add(settled);
    return done;
  };
  return {
    client: new Client({ connection, namespace: settings.TEMPORAL_NAMESPACE, interceptors }),
    async close(ms) {
      const outcome = await withinOr(ms, Promise.all(pending), 'late');
      if (outcome !== 'late') await connection.close();
    },
  };
}
