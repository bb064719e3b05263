import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import type { Limits } from '../db/ownerLimits.js';
import type { ConnectedNamespace } from '../engine/namespace.js';
import type { Log } from '../log.js';
import { createAcceptTurn } from './acceptTurn.js';
import type { Auth } from './auth.js';
import type { ChatPurge } from './chatPurge.js';
import { bodies, keyGuard, originGuard, ownerLimit, secureHeaders } from './guards.js';
import { createHeavyWork } from './heavyWork.js';
import type { ApiMetrics } from './metrics.js';
import { mountRoutes, notFound, sendJson } from './mount.js';
import { openApiDocument } from './openapi.js';
import { mountPages } from './pages.js';
import { answerPassing, breakAccepted, isEventSource, isPassing } from './passingRefusal.js';
import { type Problem, problemBody, problemType } from './problem.js';
import type { RateLimit } from './rateLimit.js';
import type { Readiness } from './readiness.js';
import type { ReconcileTurn } from './reconcileTurn.js';
import { createRegenerate } from './regenerate.js';
import { requestLog } from './requestLog.js';
import type { RequestTracing } from './requestTracing.js';
import { createRewind } from './rewind.js';
import type { Route } from './route.js';
import { type ApprovalRouteDeps, approvalRoutes } from './routes/approvals.js';
import { artifactRoutes } from './routes/artifacts.js';
import { characterRoutes } from './routes/characters.js';
import { chatRoutes } from './routes/chats.js';
import { commandRoutes } from './routes/commands.js';
import { documentRoutes } from './routes/documents.js';
import { logRoutes } from './routes/log.js';
import { type ProviderRouteDeps, providerRoutes } from './routes/providers.js';
import { relationshipRoutes } from './routes/relationships.js';
import { type SceneRouteDeps, sceneRoutes } from './routes/scenes.js';
import { serviceRoutes } from './routes/service.js';
import { type StepRouteDeps, stepRoutes } from './routes/steps.js';
import { storyRoutes } from './routes/story.js';
import { thinkingRoutes } from './routes/thinking.js';
import { timelineRoutes } from './routes/timeline.js';
import { toolRoutes } from './routes/tools.js';
import { type TurnRouteDeps, turnRoutes } from './routes/turns.js';
import { youRoutes } from './routes/you.js';
import { toProblem } from './toProblem.js';
import type { TurnStarter } from './turnStarter.js';
import type { TurnStopper } from './turnStopper.js';

export type AppDeps = Omit<TurnRouteDeps, 'acceptTurn'> &
  SceneRouteDeps &
  StepRouteDeps &
  ApprovalRouteDeps &
  ProviderRouteDeps & {
    relays: boolean;
    limits: Limits;
    /** Where the viewer page was built to. */
    pageDir: string | undefined;
    auth: Auth;
    allowedOrigins: string[];
    requestsPerMinute: number;
    wrongKeys: RateLimit;
    starter: TurnStarter;
    stopTurn: TurnStopper;
    chatPurge: Pick<ChatPurge, 'soon'>;
    namespace: Pick<ConnectedNamespace, 'known'>;
    reconcileTurn: ReconcileTurn;
    readiness: () => Promise<Readiness>;
    metrics: ApiMetrics;
    /** `/metrics` is not served here. */
    scrapedElsewhere: boolean;
    tracing: RequestTracing;
    log: Logger;
  };

/** A few connections to Postgres of those that there are, and what a page does when a person clicks fast. */
const heavyLimits = { atOnce: 3, waitingPerOwner: 20 };

/** The table of calls. */
export function routesOf(deps: AppDeps): Route[] {
  const onAccepted = deps.metrics.turnAccepted;
  const acceptTurn = createAcceptTurn({ ...deps, onAccepted });
  const heavy = createHeavyWork(heavyLimits);
  const regenerate = createRegenerate({ ...deps, onAccepted });
  return [
    ...serviceRoutes(deps),
    ...youRoutes(deps),
    ...characterRoutes(deps),
    ...chatRoutes(deps),
    ...turnRoutes({ ...deps, acceptTurn }),
    ...commandRoutes(deps),
    ...stepRoutes(deps),
    ...approvalRoutes(deps),
    ...providerRoutes(deps),
    ...toolRoutes(deps),
    ...thinkingRoutes(deps),
    ...documentRoutes(deps),
    ...sceneRoutes(deps),
    ...relationshipRoutes(deps),
    ...storyRoutes(deps),
    ...timelineRoutes({ ...deps, heavy, regenerate, rewind: createRewind({ ...deps, heavy }) }),
    ...logRoutes(deps),
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
  app.use('/v1', keys, ownerLimit(deps.requestsPerMinute), bodies());
  app.use('/metrics', keys);
  const routes = routesOf(deps);
  mountRoutes(app, routes, deps.tracing);
  mountPages(app, openApiDocument(routes), deps.pageDir);
  app.use(notFound);
  app.use(answerProblem(deps.log));
  return app;
}

/** Says why a request failed on our side, and which one it was. */
function logFailure(log: Log, failed: { request: Request; response: Response; problem: Problem; error: unknown }) {
  const { request, response, problem, error } = failed;
  const { method, id: requestId } = request;
  const route = String(response.locals.route ?? '(none)');
  const level = problem.code === 'internal' ? 'error' : 'warn';
  log[level]({ requestId, method, route, code: problem.code, err: error }, 'a request failed');
}

/** Express knows it for the last handler by its four arguments. */
function answerProblem(log: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = toProblem(error);
    if (problem.status >= 500) logFailure(request.log ?? log, { request, response, problem, error });
    if (response.headersSent) return void response.destroy();
    if (isPassing(problem) && isEventSource(request)) return answerPassing(response, problem);
    if (isPassing(problem) && response.locals.accepted) return breakAccepted(response);
    sendJson(response, problem.status, problemBody(problem), { ...problem.headers, 'Content-Type': problemType });
  };
}
