import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import type { Limits } from '../db/chats/ownerLimits.js';
import type { ClaimLimits } from '../db/turns/claim.js';
import type { ConnectedNamespace } from '../engine/namespace.js';
import type { Log } from '../telemetry/log/log.js';
import { type ApprovalRouteDeps, approvalRoutes, createAnswerApproval } from './agents/approvalRoutes.js';
import { artifactRoutes } from './agents/artifactRoutes.js';
import { thinkingRoutes } from './agents/thinkingRoutes.js';
import { toolRoutes } from './agents/toolRoutes.js';
import { type AttachmentRouteDeps, attachmentRoutes } from './attachments/attachmentRoutes.js';
import { createPermit, refuseChatTokens } from './auth/permit.js';
import { type TokenRouteDeps, tokenRoutes } from './auth/tokenRoutes.js';
import type { ChatPurge } from './chats/chatPurge.js';
import { chatRoutes } from './chats/chatRoutes.js';
import { exportRoutes } from './chats/exportRoutes.js';
import { type ImpersonateRouteDeps, impersonateRoutes } from './chats/impersonateRoutes.js';
import { createListModels, type ModelRouteDeps, modelRoutes } from './chats/modelRoutes.js';
import { type ProviderRouteDeps, providerRoutes } from './chats/providerRoutes.js';
import { mountDialects } from './dialects/mountDialects.js';
import { documentRoutes } from './documents/documentRoutes.js';
import type { Auth } from './http/auth.js';
import { takesBytes } from './http/byteBodies.js';
import { bodies, keyGuard, originGuard, ownerLimit, secureHeaders } from './http/guards.js';
import { mountRoutes, notFound, sendJson } from './http/mount.js';
import { openApiDocument } from './http/openapi.js';
import { type Problem, problemBody, problemType } from './http/problem.js';
import { requestLog } from './http/requestLog.js';
import type { RequestTracing } from './http/requestTracing.js';
import type { Route } from './http/route.js';
import { toProblem } from './http/toProblem.js';
import { fairIntake } from './limits/fairIntake.js';
import { createHeavyWork } from './limits/heavyWork.js';
import type { RateLimit } from './limits/rateLimit.js';
import { answerTemporaryRefusal, breakAcceptedStream, isEventSource, isTemporary } from './limits/temporaryRefusal.js';
import { avatarRoutes } from './narrative/avatarRoutes.js';
import { cardRoutes } from './narrative/cardRoutes.js';
import { characterRoutes } from './narrative/characterRoutes.js';
import { memoryRoutes } from './narrative/memoryRoutes.js';
import { relationshipRoutes } from './narrative/relationshipRoutes.js';
import { type SceneRouteDeps, sceneRoutes } from './narrative/sceneRoutes.js';
import { storyRoutes } from './narrative/storyRoutes.js';
import { youRoutes } from './narrative/youRoutes.js';
import { ownerRoutes } from './owners/ownerRoutes.js';
import type { ApiMetrics } from './service/metrics.js';
import { mountPages } from './service/pages.js';
import type { Readiness } from './service/readiness.js';
import { serviceRoutes } from './service/serviceRoutes.js';
import { logRoutes } from './timeline/logRoutes.js';
import { createRegenerate } from './timeline/regenerate.js';
import { createRewind } from './timeline/rewind.js';
import { searchRoutes } from './timeline/searchRoutes.js';
import { timelineRoutes } from './timeline/timelineRoutes.js';
import { createAcceptTurn } from './turns/acceptTurn.js';
import { commandRoutes } from './turns/commandRoutes.js';
import type { ReconcileTurn } from './turns/reconcileTurn.js';
import { type StepRouteDeps, stepRoutes } from './turns/stepRoutes.js';
import { type TurnRouteDeps, turnRoutes } from './turns/turnRoutes.js';
import type { TurnStarter } from './turns/turnStarter.js';
import type { TurnStopper } from './turns/turnStopper.js';
import { webhookRoutes } from './webhooks/webhookRoutes.js';

export type AppDeps = Omit<TurnRouteDeps, 'acceptTurn'> &
  SceneRouteDeps &
  StepRouteDeps &
  ApprovalRouteDeps &
  ProviderRouteDeps &
  TokenRouteDeps &
  ImpersonateRouteDeps &
  ModelRouteDeps & {
    relays: boolean;
    /** How often a reply is tried, `REPLY_ATTEMPTS`. */
    replyAttempts: number;
    limits: Limits & AttachmentRouteDeps['limits'];
    turnLimits: ClaimLimits;
    /** How many requests are worked on at once. */
    requestsAtOnce: number;
    /** The folder of the built viewer page. */
    pageDir: string | undefined;
    auth: Auth;
    allowedOrigins: string[];
    requests: RateLimit;
    wrongKeys: RateLimit;
    starter: TurnStarter;
    stopTurn: TurnStopper;
    chatPurge: Pick<ChatPurge, 'start' | 'run'>;
    namespace: Pick<ConnectedNamespace, 'known'>;
    reconcileTurn: ReconcileTurn;
    readiness: () => Promise<Readiness>;
    metrics: ApiMetrics;
    conversationHeaders: readonly string[];
    /** Whether the metrics have their own port, so that `/metrics` is not served here. */
    hasMetricsPort: boolean;
    tracing: RequestTracing;
    log: Logger;
  };

/** `atOnce`: a few of the connections to Postgres. `waitingPerOwner`: more than a person who clicks fast needs. */
const heavyLimits = { atOnce: 3, waitingPerOwner: 20 };

/** A person types a query, so few wait. Apart from the heavy work: a search must not wait for a fork. */
const searchLimits = { atOnce: 3, waitingPerOwner: 20 };

/** What starts, changes and takes back turns: of the api's own routes and of those of other protocols. */
function commandsOf(deps: AppDeps) {
  const onAccepted = deps.metrics.turnAccepted;
  const heavy = createHeavyWork(heavyLimits);
  return {
    heavy,
    acceptTurn: createAcceptTurn({ ...deps, onAccepted }),
    regenerate: createRegenerate({ ...deps, onAccepted }),
    rewind: createRewind({ ...deps, heavy }),
    answerApproval: createAnswerApproval(deps),
    listModels: createListModels(deps),
  };
}

/** All routes of the api. */
export function routesOf(deps: AppDeps, commands = commandsOf(deps)): Route[] {
  const { acceptTurn } = commands;
  return [
    ...serviceRoutes(deps),
    ...youRoutes(deps),
    ...cardRoutes(deps),
    ...avatarRoutes(deps),
    ...characterRoutes(deps),
    ...chatRoutes(deps),
    ...exportRoutes(deps),
    ...impersonateRoutes(deps),
    ...turnRoutes({ ...deps, acceptTurn }),
    ...commandRoutes(deps),
    ...stepRoutes(deps),
    ...approvalRoutes(deps),
    ...providerRoutes(deps),
    ...modelRoutes(commands),
    ...webhookRoutes(deps),
    ...ownerRoutes(deps),
    ...tokenRoutes(deps),
    ...toolRoutes(deps),
    ...thinkingRoutes(deps),
    ...documentRoutes(deps),
    ...attachmentRoutes(deps),
    ...sceneRoutes(deps),
    ...relationshipRoutes(deps),
    ...memoryRoutes(deps),
    ...storyRoutes(deps),
    ...timelineRoutes({ ...deps, ...commands }),
    ...logRoutes(deps),
    ...searchRoutes({ ...deps, heavy: createHeavyWork(searchLimits) }),
    ...artifactRoutes(deps),
  ];
}

export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestLog(deps.log), deps.metrics.timeRequests, secureHeaders());
  app.use(originGuard(deps.auth, deps.allowedOrigins));
  const keys = keyGuard(deps.auth, deps.wrongKeys);
  const commands = commandsOf(deps);
  const routes = routesOf(deps, commands);
  // One count for an owner, whichever protocol its clients speak.
  const limit = ownerLimit(deps.requests);
  const intake = fairIntake(deps.requestsAtOnce, takesBytes(routes));
  app.use('/v1', keys, limit, bodies(routes), intake);
  app.use('/metrics', keys);
  mountRoutes(app, routes, deps.tracing, createPermit(deps.pool));
  const dialectKeys = express.Router().use(keys, refuseChatTokens);
  mountDialects(app, { ...deps, ...commands, keys: dialectKeys, limit, intake });
  mountPages(app, () => openApiDocument(routes), deps.pageDir);
  app.use(notFound);
  app.use(answerProblem(deps.log));
  return app;
}

/** Logs a request that failed on the server's side. */
function logFailure(log: Log, failed: { request: Request; response: Response; problem: Problem; error: unknown }) {
  const { request, response, problem, error } = failed;
  const { method, id: requestId } = request;
  const route = String(response.locals.route ?? '(none)');
  const level = problem.code === 'internal' ? 'error' : 'warn';
  log[level]({ requestId, method, route, code: problem.code, err: error }, 'a request failed');
}

/** The error handler. Express recognises it by its four arguments. */
function answerProblem(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = toProblem(error);
    if (problem.status >= 500) logFailure(request.log ?? log, { request, response, problem, error });
    if (response.headersSent) return void response.destroy();
    if (isTemporary(problem) && isEventSource(request)) return answerTemporaryRefusal(response, problem);
    if (isTemporary(problem) && response.locals.accepted) return breakAcceptedStream(response);
    sendJson(response, problem.status, problemBody(problem), { ...problem.headers, 'Content-Type': problemType });
  };
}
