import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export type Upgrade = { request: IncomingMessage; socket: Duplex; head: Buffer; url: URL };
type Route = { matches: (pathname: string) => boolean; handle: (upgrade: Upgrade) => void };

/** The routes of each server. Node calls every listener for every upgrade, so that a server has only one. */
const routesOf = new WeakMap<Server, Route[]>();

/** Handles the upgrades of matching paths. An upgrade that no route matches is answered 404. Returns how to detach. */
export function onUpgrade(server: Server, matches: Route['matches'], handle: Route['handle']): () => void {
  const routes = routesOf.get(server) ?? listen(server);
  const route = { matches, handle };
  routes.push(route);
  return () => void routes.splice(routes.indexOf(route), 1);
}

function listen(server: Server): Route[] {
  const routes: Route[] = [];
  routesOf.set(server, routes);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until a route takes the socket over, no other listener handles its errors: a reset would end the process.
    socket.on('error', () => socket.destroy());
    const url = parsePath(request.url);
    const route = url && routes.find(({ matches }) => matches(url.pathname));
    if (!url || !route) return refuseUpgrade(socket, 404);
    route.handle({ request, socket, head, url });
  });
  return routes;
}

function parsePath(path: string | undefined): URL | null {
  return path && URL.canParse(path, 'http://gateway') ? new URL(path, 'http://gateway') : null;
}

export function refuseUpgrade(socket: Duplex, status: number): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Length: 0'];
  socket.end(`${lines.join('\r\n')}\r\n\r\n`, () => socket.destroy());
}
