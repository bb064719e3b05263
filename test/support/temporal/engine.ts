import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Service } from '../service/service.js';

const { History: HistoryMessage } = proto.temporal.api.history.v1;
export type History = proto.temporal.api.history.v1.IHistory;

/** Does something with a client of the service's own Temporal. */
export async function withTemporal<T>(service: Service, use: (client: Client) => Promise<T>): Promise<T> {
  const { temporalAddress } = await service.run();
  const connection = await Connection.connect({ address: temporalAddress, connectTimeout: 10_000 });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

export function fetchHistory(service: Service, turnId: string): Promise<History> {
  return withTemporal(service, (client) => client.workflow.getHandle(turnId).fetchHistory());
}

/** For a file: enums by name, payloads in base64. The SDK's own converters trip over a second copy of protobufjs. */
export const historyToJson = (history: History): object => HistoryMessage.fromObject(history).toJSON();
export const historyFromJson = (json: object): History => HistoryMessage.fromObject(json);

/** Everything in a history that could be read, payloads included, as one text. */
export function readableHistory(history: History): string {
  return JSON.stringify(decode(history));
}

/** Done by hand: the messages' own `toJSON` writes payloads in base64. */
function decode(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, decode(field)]));
}
