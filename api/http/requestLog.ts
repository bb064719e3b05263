import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const acceptable = /^[\w.:-]{1,128}$/;

/** Writes a line for each request: no headers, no bodies, and of the address only the path. */
export function requestLog(logger: Logger) {
  return pinoHttp({
    logger,
    genReqId(request: IncomingMessage, response: ServerResponse) {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    wrapSerializers: false,
    serializers: {
      req: (request: IncomingMessage & { id: unknown; originalUrl?: string }) => ({
        id: request.id,
        method: request.method,
        path: (request.originalUrl ?? request.url)?.split('?')[0]?.slice(0, 300),
      }),
      res: (response: ServerResponse) => ({ status: response.statusCode }),
    },
    // Why it failed is a line of its own, written where the error is answered.
    customErrorObject: (_request, _response, _error, { err: _, ...fields }) => fields,
    customLogLevel: (request, response, error) => levelOf(request.url ?? '', response.statusCode, error !== undefined),
  });
}

/** What is asked all the time, or goes well, is for who looks closely. A refusal of ours is not a failure of ours. */
function levelOf(url: string, status: number, failed: boolean): 'debug' | 'info' | 'warn' | 'error' {
  if (url.startsWith('/readyz') || status < 400) return failed ? 'info' : 'debug';
  if (status < 500) return 'info';
  return status === 500 ? 'error' : 'warn';
}
