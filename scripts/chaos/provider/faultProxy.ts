import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen, sendError } from '../../provider/http.js';

/** A request to the provider and its outcome. */
export type ProviderRequest = {
  /** TURN/STEP, the same for every attempt; null where a request names none. */
  step: string | null;
  turnId: string | null;
  path: string;
  at: number;
  /** The fault that was injected; null for none. */
  fault: string | null;
  /** Whether the answer is a stream; known from its first byte. */
  streams: boolean;
  /** When the client closed the connection before the end of the answer. */
  abortedAt: number | null;
  endedAt: number | null;
};

type Flight = { asked: ProviderRequest; incoming: IncomingMessage | null; response: ServerResponse };
export type Refusal = { name: '429' | '500' | 'reset' };

export type FaultProxy = {
  port: number;
  /** All requests that cost tokens, in order. */
  asked: ProviderRequest[];
  /** Refuses the next `times` requests within `withinMs`. Gives how many it refused. */
  refuse(refusal: Refusal, times: number, withinMs: number): Promise<number>;
  /** Streams in flight. */
  streams(): ProviderRequest[];
  /** Resets the connection of a stream in flight. */
  reset(asked: ProviderRequest): boolean;
  /** Stops sending on a stream. Resolves when the client closes it, or with false after `withinMs`. */
  silence(asked: ProviderRequest, withinMs: number): Promise<boolean>;
  /** Resolves with the time at which the request ended; null if it has not within `withinMs`. */
  untilAborted(asked: ProviderRequest, withinMs: number): Promise<number | null>;
  close(): Promise<void>;
};

/** Where a request goes, by its path. */
export type Routes = (path: string) => number;

/** A reverse proxy for the scripted providers: forwards and records requests, and injects failures. */
export async function startFaultProxy(routes: Routes): Promise<FaultProxy> {
  const asked: ProviderRequest[] = [];
  const flights = new Set<Flight>();
  const refusals: { refusal: Refusal; left: number; until: number; done: () => void; count: number }[] = [];
  const closings = new Set<() => void>();

  function nextRefusal(): Refusal | null {
    const now = Date.now();
    const order = refusals.find(({ left, until }) => left > 0 && until > now);
    if (!order) return null;
    order.left -= 1;
    order.count += 1;
    if (order.left === 0) order.done();
    return order.refusal;
  }

  function take(incoming: IncomingMessage, response: ServerResponse): void {
    const { turnId, step } = requestIdOf(incoming);
    const entry: ProviderRequest = {
      step,
      turnId,
      path: incoming.url ?? '/',
      at: Date.now(),
      fault: null,
      streams: false,
      abortedAt: null,
      endedAt: null,
    };
    // Health checks and resumed streams cost no tokens.
    const isNew = incoming.method === 'POST' && !entry.path.endsWith('/cancel');
    if (isNew) asked.push(entry);
    const flight: Flight = { asked: entry, incoming: null, response };
    flights.add(flight);
    response.once('close', () => {
      flights.delete(flight);
      entry.endedAt = Date.now();
      if (!response.writableFinished && entry.fault === null) entry.abortedAt = entry.endedAt;
      for (const look of [...closings]) look();
    });
    const refusal = isNew ? nextRefusal() : null;
    if (refusal) refuseOne(entry, refusal, incoming, response);
    else pass(flight, incoming, routes(entry.path));
  }

  const server = createServer(take);
  const port = await listen(server, 0);

  function until<T>(look: () => T | undefined, withinMs: number): Promise<T | null> {
    return new Promise((resolve) => {
      const settle = (value: T | null) => {
        clearTimeout(late);
        closings.delete(again);
        resolve(value);
      };
      const again = () => {
        const found = look();
        if (found !== undefined) settle(found);
      };
      const late = setTimeout(() => settle(null), withinMs);
      closings.add(again);
      again();
    });
  }
  const flightOf = (entry: ProviderRequest) => [...flights].find((flight) => flight.asked === entry);

  return {
    port,
    asked,
    refuse(refusal, times, withinMs) {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(late);
          refusals.splice(refusals.indexOf(order), 1);
          resolve(order.count);
        };
        const order = { refusal, left: times, until: Date.now() + withinMs, done, count: 0 };
        const late = setTimeout(done, withinMs);
        refusals.push(order);
      });
    },
    streams: () => [...flights].map((flight) => flight.asked).filter((entry) => entry.streams && entry.fault === null),
    reset(entry) {
      const flight = flightOf(entry);
      if (!flight) return false;
      entry.fault = 'reset';
      flight.response.socket?.resetAndDestroy();
      return true;
    },
    async silence(entry, withinMs) {
      const flight = flightOf(entry);
      if (!flight?.incoming) return false;
      entry.fault = 'silence';
      flight.incoming.unpipe(flight.response);
      flight.incoming.resume();
      const left = await until(() => (entry.endedAt === null ? undefined : true), withinMs);
      if (!left) flight.response.destroy();
      return left ?? false;
    },
    untilAborted: (entry, withinMs) => until(() => entry.endedAt ?? undefined, withinMs),
    close: () => close(server),
  };
}

function requestIdOf({ headers }: IncomingMessage): Pick<ProviderRequest, 'turnId' | 'step'> {
  const [turnId, step] = String(headers['x-client-request-id'] ?? '').split('/');
  return turnId && step ? { turnId, step: `${turnId}/${step}` } : { turnId: null, step: null };
}

function refuseOne(
  entry: ProviderRequest,
  { name }: Refusal,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  entry.fault = name;
  incoming.resume();
  if (name === 'reset') response.socket?.resetAndDestroy();
  else if (name === '429') {
    response.setHeader('retry-after', '1');
    sendError(response, 429, 'rate_limit_exceeded', 'too many requests');
  } else sendError(response, 500, 'server_error', 'the server had an error');
}

function pass(flight: Flight, incoming: IncomingMessage, port: number): void {
  const { response, asked } = flight;
  const { method, headers } = incoming;
  const onward = forward({ host: '127.0.0.1', port, path: asked.path, method, headers, agent: false }, (answer) => {
    flight.incoming = answer;
    asked.streams = String(answer.headers['content-type']).includes('event-stream');
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.once('close', () => onward.destroy());
  incoming.pipe(onward);
}
