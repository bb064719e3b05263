import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type CompletionRequest, completion, createChunkMaker } from '../../../scripts/provider/chunks.js';
import { close, listen, readBody, sendJson } from '../../../scripts/provider/http.js';
import { smallestAnswer } from '../../../scripts/provider/schemaAnswer.js';
import { preciseNow, type Reply, type Step, someUsage, whole } from './scriptedReply.js';
import { createScriptedStream } from './scriptedStream.js';
import { promptedSchema } from './strict/promptedSchema.js';

/** A request that came in, and what became of it. Plain data. */
export type SeenRequest = {
  n: number;
  /** `X-Client-Request-Id`: TURN/STEP/ATTEMPT. */
  requestId: string | undefined;
  headers: IncomingHttpHeaders;
  body: CompletionRequest;
  /** Milliseconds since 1970, to the microsecond. */
  at: number;
  /** Names of the steps carried out, or of the answer given: proof that a scripted fault fired. */
  did: string[];
  /** When the client left before the answer was over. */
  leftAt: number | null;
};

/** A request whose answer the test may still drive. */
export type ProviderCall = SeenRequest & {
  /** Resolves when the steps were carried out. */
  push(...steps: Step[]): Promise<void>;
  send(text: string): Promise<void>;
  /** Finish reason, usage, `[DONE]`, end. */
  finish(reason?: string): Promise<void>;
  /** Resolves, with the time, when the client leaves before the answer is over. Rejects after 10 s. */
  left(): Promise<number>;
};

type Asked = { n: number; requestId: string | undefined; body: CompletionRequest };
type Script = (request: Asked) => Reply;
/** What a classifier is answered, by its name; nothing means the least that its schema allows. */
type Answers = (request: Asked & { name: string }) => Reply | undefined;

export type ScriptedProvider = {
  baseUrl: string;
  port: number;
  /** All so far. May be emptied. */
  requests: ProviderCall[];
  /** Connections that clients have made so far. */
  connections(): number;
  /** For all but classifiers: replies for the next requests, in turn; or a function for all that find none in the queue. */
  script(first: Reply | Script, ...more: Reply[]): void;
  /** For classifiers, which run beside replies in an order of their own. */
  classify(answers: Answers): void;
  /** Back to the beginning: an empty queue, short replies for all, the least for classifiers. */
  unscript(): void;
  /**
   * The next request that no earlier call has returned, among those that match; without a match, among those of
   * no classifier. Rejects after `withinMs`.
   */
  nextRequest(match?: (call: ProviderCall) => boolean, withinMs?: number): Promise<ProviderCall>;
  /** Refuses connections, and cuts those there are, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
};

const byDefault: Script = () => whole('A scripted', ' reply.');
const leastAnswers: Answers = () => undefined;
/** What a classifier asks for. A reply may want a form too, but is streamed. */
const schemaOf = (call: Pick<SeenRequest, 'body' | 'requestId'>) =>
  call.body.stream ? undefined : (call.body.response_format?.json_schema ?? promptedSchema(call));

/** An OpenAI-compatible server on loopback that does what a test tells it, request by request. */
export async function startScriptedProvider({ port = 0 } = {}): Promise<ScriptedProvider> {
  const requests: ProviderCall[] = [];
  const returned = new Set<ProviderCall>();
  const waiting = new Set<() => void>();
  let queue: Reply[] = [];
  let script = byDefault;
  let answers = leastAnswers;
  let connections = 0;
  let count = 0;

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => {
      if (!response.destroyed) response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.on('connection', () => connections++);

  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const at = preciseNow();
    if (!request.url?.endsWith('/chat/completions')) return sendJson(response, 404, {});
    const body = JSON.parse(await readBody(request)) as CompletionRequest;
    const call = createCall({ n: count++, headers: request.headers, body, at }, response);
    requests.push(call);
    const schema = schemaOf(call);
    const reply = schema
      ? (answers({ ...call, name: schema.name }) ?? { json: smallestAnswer(schema.schema as object) })
      : (queue.shift() ?? script(call));
    for (const look of [...waiting]) look();
    await answer(call, response, reply);
  };
  const listening = await listen(server, port);

  return {
    baseUrl: `http://127.0.0.1:${listening}/v1`,
    port: listening,
    requests,
    connections: () => connections,
    script(first, ...more) {
      if (typeof first === 'function') script = first;
      else queue = [...queue, first, ...more];
    },
    classify(next) {
      answers = next;
    },
    unscript() {
      queue = [];
      script = byDefault;
      answers = leastAnswers;
    },
    nextRequest(match = (call) => !schemaOf(call), withinMs = 10_000) {
      const find = () => {
        const call = requests.find((candidate) => !returned.has(candidate) && match(candidate));
        if (call) returned.add(call);
        return call;
      };
      return until(waiting, find, withinMs, 'no request came');
    },
    down: () => close(server),
    up: async () => void (await listen(server, listening)),
    close: async () => void (server.listening && (await close(server))),
  };
}

type Received = Pick<SeenRequest, 'n' | 'headers' | 'body' | 'at'>;

function createCall(received: Received, response: ServerResponse): ProviderCall {
  const requestId = received.headers['x-client-request-id']?.toString();
  const stream = createScriptedStream(response, createChunkMaker(`chatcmpl-${received.n}`, received.body.model));
  const leaving = new Set<() => void>();
  const call: ProviderCall = {
    ...received,
    requestId,
    did: stream.did,
    leftAt: null,
    push: stream.push,
    send: (text) => stream.push({ text }),
    finish: (reason = 'stop') => stream.push({ finish: reason }, { usage: someUsage }, { done: true }, { end: true }),
    left: () => until(leaving, () => call.leftAt ?? undefined, 10_000, 'the client did not leave'),
  };
  response.once('close', () => {
    const ours = stream.did.some((name) => name === 'close' || name === 'reset');
    if (!response.writableFinished && !ours) call.leftAt = preciseNow();
    for (const look of [...leaving]) look();
  });
  return call;
}

async function answer(call: ProviderCall, response: ServerResponse, reply: Reply): Promise<void> {
  if ('steps' in reply) return call.push(...reply.steps);
  if ('status' in reply) {
    call.did.push(`status ${reply.status}`);
    if (typeof reply.body === 'string') return sendText(response, reply.status, reply.body, reply.headers);
    return sendJson(response, reply.status, reply.body ?? { error: { message: 'scripted' } }, reply.headers);
  }
  if ('json' in reply || 'content' in reply) {
    const [did, content] = 'json' in reply ? ['json', JSON.stringify(reply.json)] : ['content', reply.content];
    if ('afterMs' in reply) await delay(reply.afterMs);
    call.did.push(did);
    return sendJson(response, 200, completion(`chatcmpl-${call.n}`, call.body.model, content, someUsage));
  }
  if ('silent' in reply) call.did.push('silent');
  else {
    call.did.push(reply.hangUp);
    if (reply.hangUp === 'reset') response.socket?.resetAndDestroy();
    else response.socket?.destroy();
  }
}

function sendText(response: ServerResponse, status: number, body: string, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
}

/** Waits until `find` finds something, looking again whenever its watchers are told to. */
function until<T>(watchers: Set<() => void>, find: () => T | undefined, ms: number, otherwise: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(late);
      watchers.delete(look);
      then();
    };
    const look = () => {
      const found = find();
      if (found !== undefined) settle(() => resolve(found));
    };
    const late = setTimeout(() => settle(() => reject(new Error(`${otherwise} within ${ms} ms`))), ms);
    watchers.add(look);
    look();
  });
}
