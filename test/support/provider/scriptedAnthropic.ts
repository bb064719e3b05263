import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { close, eventStream, listen, readBody, sendJson } from '../../../scripts/provider/http.js';
import { smallestAnswer } from '../../../scripts/provider/schemaAnswer.js';
import { type AnthropicBody, type Block, canonical, refusalOf, type SentReasoning } from './strict/anthropicRules.js';

/** What the server does next on a stream. A stream whose steps have run out stays open. */
export type AnthropicStep =
  | { event: { type: string } & Record<string, unknown> }
  | { bytes: string }
  | { waitMs: number }
  | { end: true }
  | { reset: true };

export type AnthropicReply =
  | { steps: AnthropicStep[] }
  | { status: number; body: unknown; headers?: Record<string, string> }
  /** A whole message, not streamed. */
  | { content: Block[]; stop?: string };

export type AnthropicRequest = {
  requestId: string | undefined;
  headers: IncomingHttpHeaders;
  body: AnthropicBody;
  /** Why it was refused, by the API's own rules. */
  refused: string | null;
  /** Resolves when the client has left before the answer was over. */
  left: Promise<void>;
};

type Script = (request: AnthropicRequest) => AnthropicReply;
type Answers = (request: AnthropicRequest & { name: string }) => object | AnthropicReply | undefined;

export type ScriptedAnthropic = {
  /** With `/v1`, as other servers of the tests have it. */
  baseUrl: string;
  requests: AnthropicRequest[];
  /** For all but classifiers: replies for the next requests, in turn; or a function for all that find none in the queue. */
  script(first: AnthropicReply | Script, ...more: AnthropicReply[]): void;
  /** What classifiers get: the arguments of the tool, or a reply. Undefined: the least that the schema allows. */
  classify(answers: Answers): void;
  unscript(): void;
  close(): Promise<void>;
};

const someUsage = {
  input_tokens: 11,
  output_tokens: 7,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 5,
};

/** The blocks of a message as a stream, each in two pieces. */
export function streamed(blocks: Block[], { stop = 'end_turn' } = {}): { steps: AnthropicStep[] } {
  const { output_tokens, ...input } = someUsage;
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-scripted', content: [] };
  return {
    steps: [
      { event: { type: 'message_start', message: { ...message, usage: { ...input, output_tokens: 1 } } } },
      { event: { type: 'ping' } },
      ...blocks.flatMap(blockSteps),
      { event: { type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens } } },
      { event: { type: 'message_stop' } },
      { end: true },
    ],
  };
}

export const saying = (...texts: string[]) => streamed([{ type: 'text', text: texts.join('') }]);

/** What of a block arrives in pieces, and how its pieces are called. */
const pieces: Record<string, { field: string; delta: string; name: string }> = {
  text: { field: 'text', delta: 'text_delta', name: 'text' },
  thinking: { field: 'thinking', delta: 'thinking_delta', name: 'thinking' },
  tool_use: { field: 'input', delta: 'input_json_delta', name: 'partial_json' },
};

export function blockSteps(block: Block, index: number): AnthropicStep[] {
  const piece = pieces[block.type ?? ''];
  const add = (delta: object): AnthropicStep => ({ event: { type: 'content_block_delta', index, delta } });
  const ends: AnthropicStep = { event: { type: 'content_block_stop', index } };
  if (!piece) return [{ event: { type: 'content_block_start', index, content_block: block } }, ends];
  const { [piece.field]: value, signature, ...head } = block;
  const isCall = block.type === 'tool_use';
  const text = isCall ? JSON.stringify(value) : String(value);
  const middle = Math.ceil(text.length / 2);
  const signed = signature === undefined ? [] : [add({ type: 'signature_delta', signature })];
  const begins = { ...head, [piece.field]: isCall ? {} : '', ...(signed.length > 0 ? { signature: '' } : {}) };
  return [
    { event: { type: 'content_block_start', index, content_block: begins } },
    add({ type: piece.delta, [piece.name]: text.slice(0, middle) }),
    add({ type: piece.delta, [piece.name]: text.slice(middle) }),
    ...signed,
    ends,
  ];
}

/** A server of Anthropic's Messages API on loopback. It refuses what the real one refuses, then does as it is told. */
export async function startScriptedAnthropic(): Promise<ScriptedAnthropic> {
  const requests: AnthropicRequest[] = [];
  const sent: SentReasoning = { blocks: new Set(), byCall: new Map(), paused: false };
  let queue: AnthropicReply[] = [];
  let script: Script = () => saying('A scripted', ' reply.');
  let answers: Answers = () => undefined;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url !== '/v1/messages') return refuse(response, 404, 'not_found_error', 'Not found');
    const { headers } = request;
    const body = JSON.parse(await readBody(request)) as AnthropicBody;
    const left = new Promise<void>((resolve) => response.once('close', () => response.writableFinished || resolve()));
    const refused = headers['anthropic-version'] ? refusalOf(body, sent) : 'anthropic-version: header is required';
    const asked = { requestId: headers['x-client-request-id']?.toString(), headers, body, refused, left };
    requests.push(asked);
    if (headers.authorization) return refuse(response, 401, 'authentication_error', 'unexpected header');
    if (refused) return refuse(response, 400, 'invalid_request_error', refused);
    const name = body.stream ? undefined : (body.tool_choice?.name ?? String(body.tools?.[0]?.name));
    if (name === undefined) return answer(response, queue.shift() ?? script(asked));
    answer(response, toReply(answers({ ...asked, name }) ?? smallest(body), name));
  }

  async function answer(response: ServerResponse, reply: AnthropicReply): Promise<void> {
    if ('status' in reply) return sendJson(response, reply.status, reply.body, reply.headers);
    if ('content' in reply) return sendJson(response, 200, wholeMessage(reply), { 'request-id': 'req_scripted' });
    remember(sent, reply.steps);
    response.writeHead(200, { ...eventStream, 'request-id': 'req_scripted' });
    for (const step of reply.steps) if (!response.destroyed) await carryOut(response, step);
  }

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const port = await listen(server, 0);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    script(first, ...more) {
      if (typeof first === 'function') script = first;
      else queue = [...queue, first, ...more];
    },
    classify(next) {
      answers = next;
    },
    unscript() {
      queue = [];
      script = () => saying('A scripted', ' reply.');
      answers = () => undefined;
    },
    close: () => close(server),
  };
}

async function carryOut(response: ServerResponse, step: AnthropicStep): Promise<void> {
  if ('event' in step) response.write(`event: ${step.event.type}\ndata: ${JSON.stringify(step.event)}\n\n`);
  else if ('bytes' in step) response.write(step.bytes);
  else if ('waitMs' in step) await wait(step.waitMs);
  else if ('end' in step) response.end();
  else response.socket?.resetAndDestroy();
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  const body = { type: 'error', error: { type, message }, request_id: 'req_refused' };
  sendJson(response, status, body, { 'request-id': 'req_refused' });
}

const smallest = ({ tools }: AnthropicBody): object => smallestAnswer(tools?.[0]?.input_schema as object) as object;

const toReply = (answer: object, name: string): AnthropicReply =>
  'status' in answer || 'content' in answer
    ? (answer as AnthropicReply)
    : { content: [{ type: 'tool_use', id: 'toolu_1', name, input: answer }], stop: 'tool_use' };

const wholeMessage = ({ content, stop = 'end_turn' }: { content: Block[]; stop?: string }) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-scripted',
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: someUsage,
});

/** The reasoning of a reply, and the calls that it came with: later requests have to repeat both. */
function remember(sent: SentReasoning, steps: AnthropicStep[]): void {
  sent.paused = JSON.stringify(steps).includes('"pause_turn"');
  const blocks = new Map<number, Block>();
  for (const step of steps) {
    if (!('event' in step)) continue;
    const {
      index,
      content_block: begun,
      delta,
    } = step.event as { index?: number; content_block?: Block; delta?: Block };
    if (index === undefined) continue;
    if (begun) blocks.set(index, { ...begun });
    const block = blocks.get(index);
    if (!block || !delta) continue;
    for (const name of ['thinking', 'signature'] as const)
      if (typeof delta[name] === 'string') block[name] = `${block[name] ?? ''}${delta[name]}`;
  }
  const all = [...blocks.values()];
  const reasoning = all.filter(({ type }) => /thinking$/.test(type ?? '')).map(canonical);
  for (const block of reasoning) sent.blocks.add(block);
  for (const { type, id } of all) if (type === 'tool_use') sent.byCall.set(String(id), reasoning);
}
