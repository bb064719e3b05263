import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { close, listen, readBody } from '../../../scripts/provider/http.js';

export type UpstreamCall = { path: string; headers: IncomingHttpHeaders; body: Record<string, unknown> };

/** What is done with a turn: writes to the response, whose headers are not sent yet. */
export type UpstreamScript = (response: ServerResponse, call: UpstreamCall) => void | Promise<void>;

/** Another chat service on loopback that does what a test tells it. */
export type ScriptedUpstream = {
  baseUrl: string;
  /** Turns that it was asked for, by either way. */
  calls: UpstreamCall[];
  /** How often its health was asked for. */
  looked(): number;
  script(script: UpstreamScript): void;
  healthy(isHealthy: boolean): void;
  close(): Promise<void>;
};

export const frame = (data: object, end = '\n\n') => `data: ${JSON.stringify(data)}${end}`;
export const chunk = (content: string) => frame({ type: 'chunk', content });
export const beat = (elapsed: number) => `event: heartbeat\n${frame({ elapsed_seconds: elapsed })}`;
export const done = (more: object = {}) =>
  frame({
    type: 'done',
    turn_id: 't',
    conversation_id: 'conv-1',
    duration_ms: 1234,
    pane_spawned: false,
    resumed: true,
    ...more,
  });

/** Sends these pieces as one stream. */
export const streaming =
  (...pieces: string[]): UpstreamScript =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    response.end();
  };

export const answering =
  (status: number, body: object, headers: Record<string, string> = {}): UpstreamScript =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const calls: UpstreamCall[] = [];
  let script: UpstreamScript = streaming(chunk('Hello.'), done());
  let isHealthy = true;
  let looked = 0;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (path === '/base/health') {
      looked += 1;
      response.writeHead(isHealthy ? 200 : 503).end();
      return;
    }
    const call = { path, headers: request.headers, body: JSON.parse(await readBody(request)) };
    calls.push(call);
    await script(response, call);
  });
  const port = await listen(server, 0);
  return {
    baseUrl: `http://127.0.0.1:${port}/base`,
    calls,
    looked: () => looked,
    script(next) {
      script = next;
    },
    healthy(next) {
      isHealthy = next;
    },
    close: () => close(server),
  };
}
