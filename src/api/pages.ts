import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Express, static as files } from 'express';

const here = dirname(fileURLToPath(import.meta.url));
const webRoot = join(here, '..', 'web');
const swaggerRoot = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** The viewer page at `/` and the api's docs at `/docs`; both are served from here alone, and ask for no key. */
export function mountPages(app: Express, document: object): void {
  app.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  for (const file of swaggerFiles) {
    app.get(`/docs/${file}`, (_request, response) => response.sendFile(file, { root: swaggerRoot, maxAge: '1d' }));
  }
  app.get('/docs', (_request, response) => response.sendFile('docs.html', { root: webRoot }));
  app.use(files(webRoot, { index: 'index.html', dotfiles: 'ignore', redirect: false, extensions: false }));
}
