import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import compression from 'compression';
import type { Express, Response } from 'express';
import { Problem } from './problem.js';

const builtHere = join(dirname(fileURLToPath(import.meta.url)), '..', 'web');
const swaggerRoot = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];
const pageFiles = ['page.js', 'page.css', 'icon.svg', 'docs.js'];

/**
 * The viewer page runs its own script, shows its own style and talks to this service, and can do nothing else: what
 * models and people write can neither run nor fetch anything, even where the page itself is wrong.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * The viewer page at `/` and the api's docs at `/docs`; both are served from here alone, and ask for no key.
 * `folder` is where the page was built to; without it, beside this file.
 */
export function mountPages(app: Express, document: object, folder: string | undefined): void {
  const root = resolve(folder ?? builtHere);
  const compressed = compression();
  const send = (file: string) => (_request: unknown, response: Response) => sendFile(response, root, file);
  app.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  for (const file of swaggerFiles) {
    app.get(`/docs/${file}`, compressed, (_request, response) =>
      response.sendFile(file, { root: swaggerRoot, maxAge: '1d' }),
    );
  }
  app.get('/docs', send('docs.html'));
  app.get('/', compressed, (request, response) => {
    response.set('Content-Security-Policy', pagePolicy);
    send('index.html')(request, response);
  });
  for (const file of pageFiles) app.get(`/${file}`, compressed, send(file));
}

/** Asked for anew each time, and not sent again while it is the same. */
function sendFile(response: Response, root: string, file: string): void {
  if (!existsSync(join(root, 'page.js'))) throw new Problem('page_not_built');
  response.sendFile(file, { root, cacheControl: false, headers: { 'Cache-Control': 'no-cache' } });
}
