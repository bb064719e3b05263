import { gzipSync } from 'node:zlib';
import type { SeededRandom } from '../chaos/seededRandom.js';
import type { Maker } from './fromSchema.js';
import { hostileBodies, hostileSegments, hostileTexts, mutate, toJson } from './hostile.js';
import type { IdPool } from './idPool.js';
import type { Operation, Schema } from './operations.js';

/**
 * A request as it is sent. `isRouted`: its path and method are those of the operation, so that the answer has to be one
 * that the operation documents.
 */
export type FuzzRequest = {
  operation: Operation;
  isRouted: boolean;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
};

export type Keys = {
  /** Of the owner whose requests these are. */
  own: string;
  /** Of an owner who deletes everything of itself. */
  doomed: string;
};

export type Requests = { next(): FuzzRequest; noteToken(token: string): void };

/** Files for calls that take bytes. */
export type Samples = readonly { type: string; bytes: Buffer }[];

const idOfParam: Record<string, string> = {
  chatId: 'chat',
  turnId: 'turn',
  versionId: 'turn',
  documentId: 'doc',
  changeId: 'chg',
  attachmentId: 'att',
  characterId: 'chr',
  memoryId: 'mem',
  providerId: 'prv',
  webhookId: 'whk',
};
const stepNames = ['reply:0', 'memory:0', 'parse', 'scene_close', 'tool:call_1', 'state_update:you%3Echr:0'];

/** Headers by what they can be, beside those that the operation documents. Values are Latin-1. */
const headerValues: Record<string, readonly string[]> = {
  'idempotency-key': ['key-1', 'key-2', '', ' ', 'a'.repeat(255), 'a'.repeat(300), '\xe4\xf6', '"quoted"', 'a,b'],
  'if-match': [
    '"1"',
    '1',
    '"2"',
    'W/"1"',
    '*',
    '"1", "2"',
    '"-1"',
    '"99999999999999999999"',
    '""',
    '\xff',
    'a'.repeat(4_000),
  ],
  'if-none-match': ['*', '"1"'],
  'last-event-id': ['0', '1', '5', '-1', '99999999999999999999', 'abc', '', '1e3', '0x1', '1, 2', '\xff'],
  range: ['bytes=0-0', 'bytes=-1', 'bytes=5-1', 'bytes=0-,0-,0-', 'lines=1-2', 'bytes=99999999999999999999-'],
  prefer: ['wait=0', 'wait=1', 'wait=-1', 'wait=abc', 'wait=1e9', 'wait', 'respond-async', 'wait=1, wait=2', ',,,'],
  accept: [
    'application/json',
    'text/event-stream',
    '*/*',
    'image/*',
    'x',
    '',
    'text/event-stream;q=0',
    'a'.repeat(3_000),
  ],
  'accept-encoding': ['gzip', 'br', 'identity;q=0', '*;q=0', 'gzip;q=2'],
  'x-request-id': ['a', ' b', '\xfc', 'a'.repeat(2_000)],
  'x-filename': ['a.png', '%E4', '%', '..%2F..%2Fx', '%00', 'a'.repeat(3_000), '%F0%9F%98%80.txt'],
  'x-forwarded-proto': ['https', 'x'],
  'x-forwarded-for': ['203.0.113.1', "'"],
  'x-http-method-override': ['DELETE'],
  origin: ['null', 'http://evil.example', 'x'],
  cookie: ['a=b', '__proto__=1'],
  traceparent: [
    '00-00000000000000000000000000000000-0000000000000000-01',
    'x',
    `00-${'f'.repeat(32)}-${'f'.repeat(16)}-ff`,
  ],
  expect: ['x'],
};
const headerNames = Object.keys(headerValues);
const contentTypes = [
  ...['text/plain', 'application/json; charset=utf-16', 'application/json;charset="utf-8"', 'multipart/form-data', ''],
  ...['application/problem+json', 'application/x-ndjson', 'image/png', 'image/svg+xml', 'a/b; charset', 'x', '\xff'],
];
const encodings = ['gzip', 'deflate', 'br', 'identity', 'x', 'gzip, gzip', ''];
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];
const queryNames = [
  'limit',
  'cursor',
  'after',
  'order',
  'include',
  'q',
  'token',
  '__proto__',
  'limit[]',
  'after[gt]',
  'x',
];

export function createRequests(
  {
    operations,
    ids,
    make,
    samples,
    keys,
  }: { operations: Operation[]; ids: IdPool; make: Maker; samples: Samples; keys: Keys },
  random: SeededRandom,
): Requests {
  const tokens: string[] = [];
  const chance = (share: number) => random.share() < share;

  function pathOf({ path }: Operation): { path: string; isRouted: boolean } {
    let isRouted = true;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const prefix = idOfParam[name];
      if (chance(0.9)) return prefix ? ids.any(prefix) : random.pick(stepNames)!;
      const segment = random.pick(hostileSegments)!;
      // A broken escape is refused before a route is found.
      if (/%(?![0-9a-f]{2})/i.test(segment)) isRouted = false;
      return segment;
    });
    if (chance(0.99)) return { path: filled, isRouted };
    return {
      path: random.pick([`${filled}/`, `/${filled}`, `${filled}/x`, filled.toUpperCase(), `/v1${filled}`])!,
      isRouted: false,
    };
  }

  function queryOf({ parameters }: Operation): string {
    const pairs: [string, string][] = [];
    for (const { name, schema, required } of parameters.filter((parameter) => parameter.in === 'query')) {
      if (!required && chance(0.5)) continue;
      const value = chance(0.7) ? String(make(schema, name)) : random.pick(hostileTexts)!;
      pairs.push([name, value]);
      if (chance(0.05)) pairs.push([name, String(make(schema, name))]);
    }
    if (chance(0.08)) pairs.push([random.pick(queryNames)!, random.pick(hostileTexts)!.slice(0, 2_000)]);
    const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.slice(0, 2_000).toWellFormed())}`);
    if (chance(0.02)) query.push(random.pick(['%', '&&&', '%00=1', 'limit=%ff', `${'a&'.repeat(1_200)}`])!);
    return query.length > 0 ? `?${query.join('&')}` : '';
  }

  function headersOf({ parameters }: Operation): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const { name, required } of parameters.filter((parameter) => parameter.in === 'header'))
      if (chance(required ? 0.9 : 0.4)) {
        const values = headerValues[name.toLowerCase()] ?? ['x'];
        headers[name.toLowerCase()] = chance(0.5) ? values[0]! : random.pick(values)!;
      }
    if (chance(0.2)) {
      const name = random.pick(headerNames)!;
      headers[name] = random.pick(headerValues[name]!)!;
    }
    return headers;
  }

  function credentialOf({ id }: Operation): string | null {
    if (id === 'deleteOwner') return keys.doomed;
    const share = random.share();
    if (share < 0.03 && tokens.length > 0) return random.pick(tokens)!;
    if (share < 0.04) return random.pick(['wrong', 'dt1.e30.e30', 'a.b.c', '\xff'])!;
    return share < 0.045 ? null : keys.own;
  }

  function bodyOf(operation: Operation): Pick<FuzzRequest, 'body'> & { type: string | null } {
    if (operation.body === 'bytes') {
      const sample = random.pick(samples)!;
      return { body: chance(0.8) ? broken(sample.bytes) : random.pick(hostileBodies)!, type: sample.type };
    }
    const takesNone = operation.body === null;
    if (takesNone && chance(0.9)) return { body: null, type: null };
    if (chance(0.1)) return { body: random.pick(hostileBodies)!, type: 'application/json' };
    const made = takesNone ? {} : make(operation.body as Schema);
    return { body: Buffer.from(toJson(chance(0.5) ? made : mutate(made, random))), type: 'application/json' };
  }

  /** The bytes, a part of them, or with one of them changed. */
  function broken(bytes: Buffer): Buffer {
    if (chance(0.5)) return bytes;
    if (chance(0.3)) return bytes.subarray(0, random.between(0, bytes.length));
    const copy = Buffer.from(bytes);
    for (let n = 0; n < 3 && copy.length > 0; n++) copy[random.between(0, copy.length - 1)] = random.between(0, 255);
    return copy;
  }

  /** Adds what of the headers the body decides, and packs some bodies. */
  function packed(headers: Record<string, string>, { body, type }: ReturnType<typeof bodyOf>): Buffer | null {
    if (type !== null) headers['content-type'] = chance(0.95) ? type : random.pick(contentTypes)!;
    if (body === null || chance(0.95)) return body;
    const isPacked = chance(0.6);
    headers['content-encoding'] = isPacked ? 'gzip' : random.pick(encodings)!;
    return isPacked ? gzipSync(body) : body;
  }

  function next(): FuzzRequest {
    // The deletion of an owner waits until it is done.
    const picked = random.pick(operations)!;
    const operation = picked.id === 'deleteOwner' && chance(0.9) ? random.pick(operations)! : picked;
    const { path, isRouted } = pathOf(operation);
    const headers = headersOf(operation);
    const credential = credentialOf(operation);
    if (credential !== null) headers.authorization = `Bearer ${credential}`;
    const body = packed(headers, bodyOf(operation));
    const method = chance(0.99) ? operation.method : random.pick(methods)!;
    const isRight = isRouted && method === operation.method;
    return { operation, isRouted: isRight, method, path: path + queryOf(operation), headers, body };
  }

  return { next, noteToken: (token) => void tokens.push(token) };
}
