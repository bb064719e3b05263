import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express, RequestHandler } from 'express';
import { Problem } from '../http/problem.js';
import { serveFile, serveValue } from './staticFiles.js';

const builtHere = join(dirname(fileURLToPath(import.meta.url)), '../../web');
const swaggerRoot = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];
const pageFiles = ['page.js', 'page.css', 'icon.svg', 'docs.js'];

/**
 * The content security policy of the viewer page: its own script and style, and connections to this service only. Text of
 * models and users can neither run nor fetch anything, even if the page has a bug.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Images of messages are read with the key, and shown from memory.
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * Serves the viewer page at `/` and the api's docs at `/docs`, without a key. `folder`: where the page was built; by
 * default the folder `web` of the build.
 */
export function mountPages(app: Express, document: () => object, folder: string | undefined): void {
  const root = resolve(folder ?? builtHere);
  // Browsers revalidate the files at each use; unchanged ones are answered with 304.
  const page = (file: string) => serveFile(root, file, 'no-cache');
  app.get('/openapi.json', serveValue(document));
  for (const file of swaggerFiles) app.get(`/docs/${file}`, serveFile(swaggerRoot, file, 'public, max-age=86400'));
  app.get('/docs', page('docs.html'));
  app.get('/', setPagePolicy, page('index.html'));
  for (const file of pageFiles) app.get(`/${file}`, page(file));
  app.get('/chunks/:file', serveChunk(join(root, 'chunks')));
}

/** More chunks than a build has, of several builds. */
const maxChunks = 200;

/**
 * Serves the scripts that the page loads when it needs them. Their names hold the hash of their content; one of another
 * build is not found.
 */
function serveChunk(folder: string): RequestHandler<{ file: string }> {
  const known = new Map<string, RequestHandler<{ file: string }>>();
  return async (request, response, next) => {
    const { file } = request.params;
    if (!/^[\w-]{1,100}\.js$/.test(file)) return next();
    const serve = known.get(file) ?? (serveFile(folder, file, 'no-cache') as RequestHandler<{ file: string }>);
    try {
      await serve(request, response, next);
    } catch (error) {
      if (error instanceof Problem && error.code === 'page_not_built') return next();
      throw error;
    }
    if (known.size < maxChunks) known.set(file, serve);
  };
}

const setPagePolicy: RequestHandler = (_request, response, next) => {
  response.set('Content-Security-Policy', pagePolicy);
  next();
};
