import { createServer } from 'node:http';
import { close, listen } from '../../../scripts/provider/http.js';

/** A span as it was received. Times in milliseconds since 1970. */
export type ReceivedSpan = {
  service: string;
  process: string;
  traceId: string;
  spanId: string;
  /** Empty where it is the root of its trace. */
  parentId: string;
  name: string;
  start: number;
  end: number;
  failed: boolean;
  attributes: Record<string, unknown>;
  events: { name: string; at: number; attributes: Record<string, unknown> }[];
};

export type OtlpReceiver = {
  endpoint: string;
  spans(): ReceivedSpan[];
  /** All that was received, for looking for what must not be there. */
  bytes(): Buffer;
  requests(): number;
  /** Resolves with the spans once they suit, looked at with each that comes. */
  until(what: string, suits: (spans: ReceivedSpan[]) => boolean, withinMs?: number): Promise<ReceivedSpan[]>;
  close(): Promise<void>;
};

/** A collector on loopback that takes OTLP over HTTP, as protobuf. One that `hangs` takes requests and never answers. */
export async function startOtlpReceiver({ hangs = false } = {}): Promise<OtlpReceiver> {
  const bodies: Buffer[] = [];
  const spans: ReceivedSpan[] = [];
  const waiting = new Set<() => void>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      bodies.push(Buffer.from(JSON.stringify(request.headers)), body);
      spans.push(...readSpans(body));
      for (const look of [...waiting]) look();
      if (!hangs) response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  const port = await listen(server, 0);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans: () => spans,
    bytes: () => Buffer.concat(bodies),
    requests: () => requests,
    until: (what, suits, withinMs = 30_000) =>
      new Promise((resolve, reject) => {
        const settle = (then: () => void) => {
          clearTimeout(late);
          waiting.delete(look);
          then();
        };
        const look = () => suits(spans) && settle(() => resolve(spans));
        const names = () => spans.map(({ process, name }) => `${process} ${name}`).join(', ');
        const late = setTimeout(
          () => settle(() => reject(new Error(`no ${what} within ${withinMs} ms among ${names()}`))),
          withinMs,
        );
        waiting.add(look);
        look();
      }),
    close: async () => void (server.listening && (await close(server))),
  };
}

type Fields = Map<number, (Buffer | bigint)[]>;

/** The fields of a protobuf message by their numbers: lengths as bytes, numbers as they are. */
function fieldsOf(message: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  const read = (wireType: number): Buffer | bigint => {
    if (wireType === 0) return varint();
    if (wireType === 1) return take(8).readBigUInt64LE();
    if (wireType === 5) return BigInt(take(4).readUInt32LE());
    return take(Number(varint()));
  };
  while (at < message.length) {
    const tag = Number(varint());
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), read(tag & 7)]);
  }
  return fields;
}

const messages = (fields: Fields, number: number) =>
  (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Buffer));
const bytes = (fields: Fields, number: number) => (fields.get(number)?.[0] ?? Buffer.alloc(0)) as Buffer;
const number = (fields: Fields, at: number) => Number((fields.get(at)?.[0] ?? 0n) as bigint);

function attributesOf(fields: Fields, at: number): Record<string, unknown> {
  return Object.fromEntries(
    messages(fields, at).map((pair) => [bytes(pair, 1).toString(), anyValue(fieldsOf(bytes(pair, 2)))]),
  );
}

function anyValue(value: Fields): unknown {
  if (value.has(1)) return bytes(value, 1).toString();
  if (value.has(2)) return number(value, 2) === 1;
  if (value.has(3)) return number(value, 3);
  if (value.has(4)) return Buffer.from(new BigUint64Array([value.get(4)?.[0] as bigint]).buffer).readDoubleLE();
  return messages(value, 5).flatMap((list) => messages(list, 1).map(anyValue));
}

/** What an `ExportTraceServiceRequest` holds, by the numbers of opentelemetry-proto. */
function readSpans(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(fieldsOf(bytes(resourceSpans, 1)), 1);
    const spans = messages(resourceSpans, 2).flatMap((scopeSpans) => messages(scopeSpans, 2));
    return spans.map((span) => ({
      service: String(resource['service.name']),
      process: String(resource['durable_turns.process']),
      traceId: bytes(span, 1).toString('hex'),
      spanId: bytes(span, 2).toString('hex'),
      parentId: bytes(span, 4).toString('hex'),
      name: bytes(span, 5).toString(),
      start: number(span, 7) / 1e6,
      end: number(span, 8) / 1e6,
      failed: number(fieldsOf(bytes(span, 15)), 3) === 2,
      attributes: attributesOf(span, 9),
      events: messages(span, 11).map((event) => ({
        name: bytes(event, 2).toString(),
        at: number(event, 1) / 1e6,
        attributes: attributesOf(event, 3),
      })),
    }));
  });
}
