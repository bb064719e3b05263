import { type Request, type Response, raw } from 'express';
import { Problem } from './problem.js';
import type { Route } from './route.js';

type ByteRoute = Pick<Route, 'method' | 'path' | 'bytes'>;

/** Returns whether a request is for a route whose body is bytes. Paths are matched as the router does it. */
export function takesBytes(routes: readonly ByteRoute[]): (request: Request) => boolean {
  const forms = routes
    .filter(({ bytes }) => bytes)
    .map(({ method, path }) => ({ method: method.toUpperCase(), form: formOf(path) }));
  return ({ method, baseUrl, path }) =>
    forms.some((taken) => taken.method === method && taken.form.test(`${baseUrl}${path}`));
}

const formOf = (path: string): RegExp => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`, 'i');

/** Reads the body of a request, of at most `max` bytes. Throws `body_too_large`, and other refusals of express. */
export async function readBytes(request: Request, response: Response, max: number): Promise<Buffer> {
  const read = raw({ type: () => true, limit: max });
  await new Promise<void>((resolve, reject) => {
    read(request, response, (error?: unknown) => (error ? reject(toRefusal(error, max)) : resolve()));
  });
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function toRefusal(error: unknown, max: number): unknown {
  const isTooLarge = (error as { type?: unknown }).type === 'entity.too.large';
  return isTooLarge ? new Problem('body_too_large', `The body is larger than ${max / 1024 / 1024} MiB`) : error;
}
