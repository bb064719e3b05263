import { type ErrorRequestHandler, type Express, json, type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import { cleanText } from '../../domain/text/text.js';
import { requireTokens } from '../http/guards.js';
import { Problem } from '../http/problem.js';
import { agUiRoutes } from './agUi/agUiRoutes.js';
import { answerUiError, type UiDeps, uiRoutes } from './aiSdk/uiRoutes.js';
import { type CompletionDeps, completionRoutes } from './chatCompletions/completionRoutes.js';
import { answerOpenAiError } from './core/openaiErrors.js';
import { type OpenAiModelDeps, openaiModelRoutes } from './core/openaiModels.js';
import { type ConversationDeps, conversationRoutes } from './responses/conversationRoutes.js';
import { type ResponseDeps, responseRoutes } from './responses/responseRoutes.js';

/** Clients send their whole history each time, with its images. */
const MAX_BODY = 24 * 1024 * 1024;
/** As `maxBodyTokens`, for a history of thousands of messages. */
const MAX_TOKENS = 200_000;

export type DialectDeps = CompletionDeps &
  ResponseDeps &
  OpenAiModelDeps &
  UiDeps &
  ConversationDeps & {
    /** Authenticates a request. */
    keys: RequestHandler;
    /** Limits the requests of an owner, together with those of the api's own routes. */
    limit: RequestHandler;
    /** Takes up requests fairly between owners, together with those of the api's own routes. */
    intake: RequestHandler;
    log: Logger;
  };

/** Escapes of characters that Postgres does not store: U+0000 and halves of a pair. */
const unstorable = /\\u(?:0000|d[89a-f])/i;

/** Bodies that have such an escape. Few have, and to look at every value of a long history takes as long as to parse it. */
const toClean = new WeakSet<object>();

function checkBody(request: object, response: unknown, body: Buffer): void {
  requireFewTokens(request, response, body);
  if (unstorable.test(body.toString('latin1'))) toClean.add(request);
}

const requireFewTokens = requireTokens(MAX_TOKENS);

/** Makes every text storable, and every name of a field: clients cut texts within characters. */
const cleanBody: RequestHandler = (request, _response, next) => {
  if (toClean.has(request)) request.body = JSON.parse(JSON.stringify(request.body), clean);
  next();
};

function clean(_name: string, value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (!Object.keys(value).some((name) => cleanText(name) !== name)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [cleanText(name), each]));
}

/** No id holds U+0000, which Postgres does not store. */
const refuseNul: RequestHandler = ({ originalUrl }, _response, next) => {
  if (originalUrl.includes('%00')) throw new Problem('not_found');
  next();
};

/** Mounts the APIs of other protocols. Their errors, unknown fields and limits are those of the protocol. */
export function mountDialects(app: Express, deps: DialectDeps): void {
  const { log } = deps;
  const openai = [openaiModelRoutes(deps), completionRoutes(deps), responseRoutes(deps), conversationRoutes(deps)];
  mount('/openai/v1', openai, answerOpenAiError(log));
  for (const version of [5, 6, 7] as const) {
    mount(`/ai-sdk/v${version}/chat`, [uiRoutes(deps, version)], answerUiError(log));
  }

  mount('/ag-ui', [agUiRoutes(deps)], answerUiError(log));

  function mount(path: string, routers: Router[], answerError: ErrorRequestHandler): void {
    const router = Router();
    router.use((_request, response, next) => {
      response.locals.route = path;
      next();
    });
    router.use(deps.keys, deps.limit, refuseNul);
    router.use(json({ limit: MAX_BODY, strict: false, type: () => true, verify: checkBody }));
    router.use(cleanBody, deps.intake, ...routers);
    router.use(() => {
      throw new Problem('not_found');
    });
    router.use(answerError);
    app.use(path, router);
  }
}
