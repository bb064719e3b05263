import { Client, type ClientOptions, Connection } from '@temporalio/client';

export type ClientInterceptors = NonNullable<ClientOptions['interceptors']>;
export type TemporalOptions = {
  address: string;
  namespace: string;
  apiKey: string | undefined;
  tls: boolean;
  interceptors?: ClientInterceptors;
};

export type Temporal = {
  client: Client;
  /** Waits, within `ms`, for the calls that are under way: closing under one that is retried ends the process. */
  close(ms: number): Promise<void>;
};

/** A client that connects with its first call: the api starts, and accepts turns, with Temporal away. */
export function connectLazily(options: TemporalOptions): Temporal {
  const { address, namespace, apiKey, tls, interceptors = {} } = options;
  const connection = Connection.lazy({ address, tls, ...(apiKey === undefined ? {} : { apiKey }) });
  const underWay = new Set<Promise<unknown>>();
  const withDeadline = connection.withDeadline.bind(connection);
  connection.withDeadline = (deadline, call) => {
    const done = withDeadline(deadline, call);
    const settled: Promise<unknown> = done.then(
      () => underWay.delete(settled),
      () => underWay.delete(settled),
    );
    underWay.add(settled);
    return done;
  };
  return {
    client: new Client({ connection, namespace, interceptors }),
    async close(ms) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(resolve, ms, 'late');
      });
      const outcome = await Promise.race([Promise.all(underWay), late]);
      clearTimeout(timer);
      if (outcome !== 'late') await connection.close();
    },
  };
}
