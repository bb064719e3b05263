import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen, sendError } from '../../provider/http.js';

/** A request that came to the provider, and what became of it. */
export type Asked = {
  /** TURN/STEP, the same for every attempt; null where a request names none. */
  step: string | null;
  turnId: string | null;
  path: string;
  at: number;
  /** What was done to it on purpose. */
  fault: string | null;
  /** Whether it is a stream, from its first byte on. */
  streams: boolean;
  /** When the client closed the connection before the answer was over. */
  leftAt: number | null;
  endedAt: number | null;
};

type Flight = { asked: Asked; incoming: IncomingMessage | null; response: ServerResponse };
export type Refusal = { name: '429' | '500' | 'reset' };

export type Front = {
  port: number;
  /** All that asked for something new, in order. */
  asked: Asked[];
  /** Refuses the next `times` requests that begin within `withinMs`; says how many it refused. */
  refuse(refusal: Refusal, times: number, withinMs: number): Promise<number>;
  /** Streams in flight. */
  streams(): Asked[];
  /** Resets the connection of a stream in flight. */
  reset(asked: Asked): boolean;
  /** Sends nothing more on a stream in flight. Resolves once its client has left, or with false after `withinMs`. */
  silence(asked: Asked, withinMs: number): Promise<boolean>;
  /** Resolves with the time at which the client left the turn's last stream; null if it has not within `withinMs`. */
  untilLeft(asked: Asked, withinMs: number): Promise<number | null>;
  close(): Promise<void>;
};

/** Where a request goes, by its path. */
export type Routes = (path: string) => number;

/** The door before the scripted providers: passes requests on, counts them, and fails those that it is told to. */
export async function startFront(routes: Routes): Promise<Front> {
  const asked: Asked[] = [];
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
    const { turnId, step } = namesOf(incoming);
    const entry: Asked = {
      step,
      turnId,
      path: incoming.url ?? '/',
      at: Date.now(),
      fault: null,
      streams: false,
      leftAt: null,
      endedAt: null,
    };
    // A health check and a stream that goes on cost nothing.
    const isNew = incoming.method === 'POST' && !entry.path.endsWith('/cancel');
    if (isNew) asked.push(entry);
    const flight: Flight = { asked: entry, incoming: null, response };
    flights.add(flight);
    response.once('close', () => {
      flights.delete(flight);
      entry.endedAt = Date.now();
      if (!response.writableFinished && entry.fault === null) entry.leftAt = entry.endedAt;
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
  const flightOf = (entry: Asked) => [...flights].find((flight) => flight.asked === entry);

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
    untilLeft: (entry, withinMs) => until(() => entry.endedAt ?? undefined, withinMs),
    close: () => close(server),
  };
}

function namesOf({ headers }: IncomingMessage): Pick<Asked, 'turnId' | 'step'> {
  const [turnId, step] = String(headers['x-client-request-id'] ?? '').split('/');
  return turnId && step ? { turnId, step: `${turnId}/${step}` } : { turnId: null, step: null };
}

function refuseOne(entry: Asked, { name }: Refusal, incoming: IncomingMessage, response: ServerResponse): void {
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
