import { type Express, json, Router } from 'express';
import type { Logger } from 'pino';
import { cleanText } from '../../domain/text/text.js';
import type { Auth } from '../http/auth.js';
import { keyGuard, ownerLimit, requireTokens } from '../http/guards.js';
import { Problem } from '../http/problem.js';
import type { RateLimit } from '../limits/rateLimit.js';
import { type CompletionDeps, completionRoutes } from './chatCompletions/completionRoutes.js';
import { answerOpenAiError } from './core/openaiErrors.js';
import { type ConversationDeps, conversationRoutes } from './responses/conversationRoutes.js';
import { type ResponseDeps, responseRoutes } from './responses/responseRoutes.js';

/** Clients send their whole history each time. */
const MAX_BODY = 8 * 1024 * 1024;
/** As `maxBodyTokens`, for a history of thousands of messages. */
const MAX_TOKENS = 200_000;

export type DialectDeps = CompletionDeps &
  ResponseDeps &
  ConversationDeps & {
    auth: Auth;
    wrongKeys: RateLimit;
    requestsPerMinute: number;
    log: Logger;
  };

/** Makes every text storable: clients cut texts within characters. */
const clean = (_name: string, value: unknown): unknown => (typeof value === 'string' ? cleanText(value) : value);

/** Mounts the APIs of other protocols. Their errors, unknown fields and limits are those of the protocol. */
export function mountDialects(app: Express, deps: DialectDeps): void {
  const openai = Router();
  openai.use(keyGuard(deps.auth, deps.wrongKeys), ownerLimit(deps.requestsPerMinute));
  openai.use(
    json({ limit: MAX_BODY, strict: false, type: () => true, verify: requireTokens(MAX_TOKENS), reviver: clean }),
  );
  openai.use(completionRoutes(deps), responseRoutes(deps), conversationRoutes(deps));
  openai.use(() => {
    throw new Problem('not_found');
  });
  openai.use(answerOpenAiError(deps.log));
  app.use('/openai/v1', openai);
}
