import { createServer } from 'node:http';
import { close, eventStream, listen, readBody, sendJson } from '../../../scripts/provider/http.js';

type Part = { type: string; [field: string]: unknown };
type Message = { role: string; content: string | Part[] };
type Body = { messages?: Message[]; input?: Message[] };
type Refusal = { status: number; message: string };

/** A server of all three APIs that answers "Fine.", is strict about the parts of messages, and refuses what a test names. */
export type PartServer = {
  origin: string;
  bodies: Body[];
  /** The contents of the messages of the last request. */
  contents(): Message['content'][];
  /** Decides by the JSON of a request. */
  refuse(why: (sent: string) => Refusal | null): void;
  reset(): void;
  close(): Promise<void>;
};

/** By API, the part types that it knows, each with what it must hold. */
const parts: Record<string, Record<string, (part: Part) => boolean>> = {
  completions: {
    text: ({ text }) => typeof text === 'string' && text !== '',
    image_url: ({ image_url }) => isDataUrl((image_url as { url?: unknown } | undefined)?.url),
  },
  responses: {
    input_text: ({ text }) => typeof text === 'string' && text !== '',
    input_image: ({ image_url, detail }) => isDataUrl(image_url) && ['auto', 'low', 'high'].includes(String(detail)),
  },
  messages: {
    text: ({ text }) => typeof text === 'string' && text.trim() !== '',
    image: ({ source }) => isSource(source as Record<string, unknown> | undefined),
  },
};

const mediaType = /^image\/(png|jpeg|gif|webp)$/;
const isBase64 = (data: unknown) => typeof data === 'string' && data !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(data);

function isDataUrl(url: unknown): boolean {
  const [, type = '', data] = /^data:([^;,]+);base64,(.+)$/.exec(String(url)) ?? [];
  return mediaType.test(type) && isBase64(data);
}

const isSource = (source: Record<string, unknown> | undefined): boolean =>
  source?.type === 'base64' && mediaType.test(String(source.media_type)) && isBase64(source.data);

function breachOf(api: string, messages: Message[]): string | null {
  for (const [n, { role, content }] of messages.entries()) {
    if (typeof content === 'string') continue;
    if (role !== 'user' && api !== 'messages') return `messages[${n}]: only a user's message has parts here`;
    for (const part of content) {
      if (!parts[api]?.[part.type]?.(part)) return `messages[${n}]: a bad part of type ${part.type}`;
    }
  }
  return null;
}

const answers: Record<string, string> = {
  completions: [
    { choices: [{ index: 0, delta: { content: 'Fine.' }, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]
    .map((chunk) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...chunk })}\n\n`)
    .concat('data: [DONE]\n\n')
    .join(''),
  responses: [
    { type: 'response.created', sequence_number: 0, response: { id: 'r', status: 'in_progress', output: [] } },
    { type: 'response.output_text.delta', sequence_number: 1, delta: 'Fine.' },
    { type: 'response.completed', sequence_number: 2, response: { id: 'r', status: 'completed', output: [] } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join(''),
  messages: [
    { type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Fine.' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join(''),
};

export async function startPartServer(): Promise<PartServer> {
  const bodies: Body[] = [];
  let why: (sent: string) => Refusal | null = () => null;
  const server = createServer(async (request, response) => {
    const api = request.url?.split('/').at(-1) ?? '';
    const sent = await readBody(request);
    const body = JSON.parse(sent) as Body;
    bodies.push(body);
    const breach = breachOf(api, body.messages ?? body.input ?? []);
    const refusal = breach ? { status: 400, message: breach } : why(sent);
    if (refusal) {
      const error = { message: refusal.message, type: 'invalid_request_error' };
      return sendJson(response, refusal.status, { type: 'error', error });
    }
    response.writeHead(200, eventStream).end(answers[api]);
  });
  const port = await listen(server, 0);
  return {
    origin: `http://127.0.0.1:${port}`,
    bodies,
    contents: () => (bodies.at(-1)?.messages ?? bodies.at(-1)?.input ?? []).map(({ content }) => content),
    refuse(next) {
      why = next;
    },
    reset() {
      bodies.length = 0;
      why = () => null;
    },
    close: () => close(server),
  };
}
