import type { Request, Response } from 'express';
import type { Tracing } from '../../telemetry/tracing.js';
import type { Route } from './route.js';

export type RequestTracing = Pick<Tracing, 'serve' | 'annotate' | 'current'>;

/** Traces requests that change something, as children of the client's trace if it sent one. Reads are not traced. */
export function traceRequest(
  tracing: RequestTracing,
  route: Pick<Route, 'method' | 'path'>,
  { request, response }: { request: Request; response: Response },
  serve: () => Promise<void>,
): Promise<void> {
  if (route.method === 'get') return serve();
  const served = {
    method: request.method,
    route: route.path,
    headers: request.headers,
    status: () => response.statusCode,
  };
  return tracing.serve(served, () => {
    const { turnId, chatId } = request.params;
    tracing.annotate({ turnId: idOrNull(turnId), chatId: idOrNull(chatId) });
    return serve();
  });
}

const idOrNull = (id: unknown): string | null =>
  typeof id === 'string' && /^(turn|chat)_[0-9A-Za-z-]{1,64}$/.test(id) ? id : null;
