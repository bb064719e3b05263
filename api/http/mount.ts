import type { Express, NextFunction, Request, Response } from 'express';
import type { Caller } from '../auth/caller.js';
import type { Permit } from '../auth/permit.js';
import { sendBody } from '../limits/unreadResponses.js';
import { idForms } from './ids.js';
import { emptyBody, parseInput } from './input.js';
import { Problem, type ProblemCode } from './problem.js';
import { type RequestTracing, traceRequest } from './requestTracing.js';
import type { Answer, Route } from './route.js';

/** The ids in paths. An id of another form is answered with 404 and does not reach the database. */
const ids: Record<string, { form: RegExp; missing: ProblemCode }> = {
  chatId: { form: idForms.chat, missing: 'chat_not_found' },
  turnId: { form: idForms.turn, missing: 'turn_not_found' },
  versionId: { form: idForms.turn, missing: 'version_not_found' },
  documentId: { form: idForms.document, missing: 'document_not_found' },
  changeId: { form: idForms.change, missing: 'change_not_found' },
  attachmentId: { form: idForms.attachment, missing: 'attachment_not_found' },
  characterId: { form: idForms.character, missing: 'character_not_found' },
};

/** Throws the 404 of an id of another form, and `invalid_path` for a parameter with NUL, which Postgres can't store. */
function checkParams(params: Request['params']): void {
  for (const [name, value] of Object.entries(params)) {
    const known = ids[name];
    if (known && !known.form.test(String(value))) throw new Problem(known.missing);
    if (String(value).includes('\0')) throw new Problem('invalid_path', `${name}: must not hold U+0000`);
  }
}

/** Mounts the routes. Other methods of their paths are refused with 405. */
export function mountRoutes(app: Express, routes: Route[], tracing: RequestTracing, permit: Permit): void {
  for (const route of routes)
    app[route.method](route.path, (request, response) =>
      traceRequest(tracing, route, { request, response }, () => serve(route, request, response, permit)),
    );
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    app.all(path, (request, response) => refuseMethod(methods, request, response));
  }
}

async function serve(route: Route, request: Request, response: Response, permit: Permit): Promise<void> {
  response.locals.route = route.path;
  // First, so that a token that may not write is told so whatever the path names.
  await permit(route, request, response);
  checkParams(request.params);
  const query = route.query ? parseInput(route.query, request.query, 'invalid_query') : undefined;
  const takesBody = route.method !== 'get' && route.method !== 'delete' && !route.bytes;
  const body = takesBody
    ? parseInput(route.body ?? emptyBody, request.body === undefined ? {} : request.body, 'invalid_body')
    : undefined;
  const owner = String(response.locals.owner);
  const caller = response.locals.caller as Caller | undefined;
  const chatIds = caller?.rights?.chatIds ?? null;
  const answer = await route.handle({ owner, chatIds, params: request.params, query, body, request, response });
  if (answer) answerWith(response, answer);
}

function answerWith(response: Response, answer: Answer): void {
  if (answer.json !== undefined) sendWritten(response, answer.status, answer.json, answer.headers);
  else if (answer.body === undefined)
    response
      .status(answer.status)
      .set(answer.headers ?? {})
      .end();
  else sendJson(response, answer.status, answer.body, answer.headers);
}

/** Sends JSON. Express would add a charset to every content type, also to that of problems. */
export function sendJson(
  response: Response,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  sendWritten(response, status, JSON.stringify(body), headers);
}

function sendWritten(response: Response, status: number, json: string, headers: Record<string, string> = {}): void {
  const bytes = Buffer.from(json);
  response
    .status(status)
    .setHeaders(new Map(Object.entries({ 'Content-Type': 'application/json; charset=utf-8', ...headers })))
    .setHeader('Content-Length', bytes.length);
  sendBody(response, bytes);
}

function refuseMethod(methods: string[], request: Request, response: Response): void {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (request.method !== 'OPTIONS')
    throw new Problem('method_not_allowed', `This path allows ${allow}`, { Allow: allow });
  response.status(204).set('Allow', allow).end();
}

/** The handler of requests that no route matches. */
export function notFound(_request: Request, _response: Response, next: NextFunction): void {
  next(new Problem('not_found'));
}
