import { createSeededRandom } from '../chaos/seededRandom.js';
import { createMaker } from './fromSchema.js';
import { createIdPool, idsIn } from './idPool.js';
import { type OpenApi, operationsOf } from './operations.js';
import { createRequests, type FuzzRequest, type Keys } from './request.js';
import { createSend, type Send } from './send.js';
import { createJudge } from './verdict.js';
import { createWorld, readWorld, samplesOf } from './world.js';

export type FuzzOptions = {
  base: string;
  /** `other`: of an owner whose data no answer may hold, and no request may change. */
  keys: Keys & { other: string };
  requests: number;
  seed: number;
  /** How long a turn is waited for while the resources are made; 0 without a worker. */
  waitSeconds?: number;
  /** Called with each breach when it is found. */
  onBreach?: (breach: string) => void;
};

export type FuzzReport = {
  /** Each with the request that reproduces it. */
  breaches: string[];
  /** How many answers of each status. */
  statuses: Record<string, number>;
  /** Operations that never answered with success. */
  neverSucceeded: string[];
};

const atOnce = 8;
/** No more is reported. */
const maxBreaches = 40;

/** Sends requests at random to every route of the service's document, and judges each answer. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { send, close } = createSend(options.base);
  try {
    return await fuzzWith(send, options);
  } finally {
    close();
  }
}

async function fuzzWith(
  send: Send,
  { keys, requests, seed, waitSeconds = 0, onBreach = () => undefined }: FuzzOptions,
): Promise<FuzzReport> {
  const random = createSeededRandom(seed, 'fuzz');
  const canary = `canary${random.between(1e8, 1e9)}bird`;
  const document = JSON.parse((await read(send, '/openapi.json', keys.own)).toString()) as OpenApi;
  const other = await createWorld(send, { key: keys.other, words: canary, waitSeconds });
  const own = await createWorld(send, { key: keys.own, words: 'Mira and the sea.', waitSeconds });
  await createWorld(send, { key: keys.doomed, words: 'Soon gone.', waitSeconds: 0 });
  const before = await readWorld(other);

  const ids = createIdPool(idsIn(other.answers + before), random);
  ids.harvest(own.answers);
  const exported = await read(send, `/v1/chats/${ids.own('chat')}/export`, keys.own);
  const operations = operationsOf(document);
  const make = createMaker(document, ids, random);
  const generator = createRequests({ operations, ids, make, samples: samplesOf(exported), keys }, random);
  const judge = createJudge(document, [canary, canary.slice(3)]);
  const report: FuzzReport = { breaches: [], statuses: {}, neverSucceeded: [] };
  const succeeded = new Set<string>();
  const breach = (why: string, request: FuzzRequest | null, answer = '') => {
    if (report.breaches.length >= maxBreaches) return;
    const shown = `${why}${request ? reproduce(request) : ''}${answer}`;
    report.breaches.push(shown);
    onBreach(shown);
  };

  async function one(): Promise<void> {
    const request = generator.next();
    try {
      const answer = await send(request);
      const status = answer ? String(answer.status) : 'given up';
      report.statuses[status] = (report.statuses[status] ?? 0) + 1;
      if (!answer) return;
      const wrong = judge(request, answer);
      const text = answer.body.toString();
      if (wrong) breach(`${request.operation.id}: ${wrong}`, request, `\n  answer ${status}: ${text.slice(0, 600)}`);
      if (answer.status >= 300) return;
      succeeded.add(request.operation.id);
      if (request.headers.authorization === `Bearer ${keys.own}`) ids.harvest(text);
      if (request.operation.id === 'createToken' && answer.status === 201)
        generator.noteToken((JSON.parse(text) as { token: string }).token);
    } catch (error) {
      breach(`${request.operation.id}: ${error instanceof Error ? error.message : error}`, request);
    }
  }

  let left = requests;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));

  if ((await readWorld(other)) !== before) breach("another owner's resources have changed", null);
  const alive = await send({ method: 'GET', path: '/healthz', headers: {}, body: null });
  if (alive?.status !== 200) breach('the service is not alive at the end', null);
  report.neverSucceeded = operations.map(({ id }) => id).filter((id) => !succeeded.has(id));
  return report;
}

async function read(send: Send, path: string, key: string): Promise<Buffer> {
  const answer = await send({ method: 'GET', path, headers: { authorization: `Bearer ${key}` }, body: null });
  if (answer?.status !== 200) throw new Error(`GET ${path} was answered ${answer?.status}`);
  return answer.body;
}

/** The request as lines that show every byte. A long body is cut. */
function reproduce({ method, path, headers, body }: FuzzRequest): string {
  const { authorization: _, ...shown } = headers;
  const text =
    body === null ? '' : `\n  body (${body.length} bytes) ${JSON.stringify(body.toString('latin1').slice(0, 1_500))}`;
  return `\n  ${method} ${path.slice(0, 600)}\n  headers ${JSON.stringify(shown).slice(0, 800)}${text}`;
}
