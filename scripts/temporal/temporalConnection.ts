import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Config } from '../../config.js';
import { connectionOptions } from '../../engine/connection.js';
import { poll } from '../processes/poll.js';
import { messageOf, StartFailure } from '../start/failure.js';
import { registerSearchAttributes } from './searchAttributes.js';

type Address = Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS'> & { address: string };

export function connectTemporal({ address, ...config }: Address, timeoutMs: number): Promise<Connection> {
  const options = connectionOptions({ ...config, TEMPORAL_ADDRESS: address });
  return Connection.connect({ ...options, connectTimeout: timeoutMs });
}

/** Waits until the launcher's own dev server answers and has the namespace. */
export async function temporalReady(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  const plain = { address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_API_KEY: undefined, TEMPORAL_TLS: false };
  await poll(
    async () => {
      const connection = await connectTemporal(plain, 1_000);
      try {
        await connection.withDeadline(Date.now() + 1_000, () =>
          connection.workflowService.describeNamespace({ namespace }),
        );
        return true;
      } finally {
        await connection.close();
      }
    },
    { everyMs: 100, withinMs: 60_000, signal, late: (e) => new Error(`Temporal did not answer: ${messageOf(e)}`) },
  );
}

/** Throws a `StartFailure` unless an outside Temporal server can be used. Registers the search attributes. */
export async function checkOutsideTemporal(config: Address & { createNamespace?: boolean }): Promise<void> {
  const { address, TEMPORAL_NAMESPACE: namespace } = config;
  let connection: Connection;
  try {
    connection = await connectTemporal(config, 10_000);
  } catch (error) {
    throw new StartFailure(
      `TEMPORAL_ADDRESS: no Temporal server answers at ${address} (${messageOf(error)}). Start it, or correct TEMPORAL_ADDRESS, TEMPORAL_TLS and TEMPORAL_API_KEY, or unset TEMPORAL_ADDRESS to start a dev server on this machine.`,
    );
  }
  try {
    if (config.createNamespace) await createNamespace(connection, namespace);
    await connection.workflowService.describeNamespace({ namespace });
    await registerSearchAttributes(connection, namespace);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    throw new StartFailure(
      `TEMPORAL_NAMESPACE: the server at ${address} refuses the namespace ${namespace} (${messageOf(error)}). Create it with: temporal operator namespace create --namespace ${namespace}`,
    );
  } finally {
    await connection.close();
  }
}

const retention = '3 days';
const alreadyExists = 6;

/** Closed workflows are kept for a few days, for operators only: turns are in Postgres. */
async function createNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(retention),
    });
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== alreadyExists) throw error;
  }
}
