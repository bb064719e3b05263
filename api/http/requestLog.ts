import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const acceptable = /^[\w.:-]{1,128}$/;

/** Logs a line for each request, with its path but without query, headers and body. */
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
    // The error is logged in a line of its own, where it is answered.
    customErrorObject: (_request, _response, _error, { err: _, ...fields }) => fields,
    customLogLevel: (request, response, error) => levelOf(request.url ?? '', response.statusCode, error !== undefined),
  });
}

/** Frequent and successful requests are `debug`, refusals `info`, failures `warn` or `error`. */
function levelOf(url: string, status: number, failed: boolean): 'debug' | 'info' | 'warn' | 'error' {
  if (url.startsWith('/readyz') || status < 400) return failed ? 'info' : 'debug';
  if (status < 500) return 'info';
  return status === 500 ? 'error' : 'warn';
}
