import { z } from 'zod';
import { Problem, problemBody, problemType } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { serviceFacts } from '../http/schemas.js';
import type { ApiMetrics } from './metrics.js';
import type { Readiness } from './readiness.js';

const tag = 'Service';

export function serviceRoutes(deps: {
  relays: boolean;
  replyAttempts: number;
  metrics: Pick<ApiMetrics, 'registry'>;
  readiness: () => Promise<Readiness>;
  hasMetricsPort: boolean;
}): Route[] {
  return [
    route({
      operation: 'getHealth',
      method: 'get',
      path: '/healthz',
      summary: 'Whether the api is alive',
      tag,
      answers: { 200: z.object({ status: z.literal('ok') }) },
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      operation: 'getReadiness',
      method: 'get',
      path: '/readyz',
      summary: 'Whether Postgres, Temporal and a worker can be reached',
      tag,
      answers: { 200: z.object({ status: z.literal('ready'), checks: z.record(z.string(), z.string()) }) },
      problems: ['not_ready'],
      async handle() {
        const { ready, checks } = await deps.readiness();
        if (ready) return { status: 200, body: { status: 'ready', checks } };
        const missing = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok');
        const problem = new Problem('not_ready', missing.map(([name, outcome]) => `${name}: ${outcome}`).join('; '));
        const headers = { 'Content-Type': problemType, 'Retry-After': '1' };
        return { status: problem.status, body: { ...problemBody(problem), checks }, headers };
      },
    }),
    route({
      operation: 'getServiceFacts',
      method: 'get',
      path: '/v1/service',
      summary: 'What this service can do, as far as pages and clients show it',
      tag,
      answers: { 200: serviceFacts },
      handle: async () => ({ status: 200, body: { relays: deps.relays, replyAttempts: deps.replyAttempts } }),
    }),
    ...(deps.hasMetricsPort ? [] : [metricsRoute(deps.metrics)]),
  ];
}

const metricsRoute = ({ registry }: Pick<ApiMetrics, 'registry'>): Route =>
  route({
    operation: 'getMetrics',
    method: 'get',
    path: '/metrics',
    summary: 'Metrics, as Prometheus reads them; with METRICS_PORT they are served there',
    tag,
    keyed: true,
    answers: { 200: null },
    answersWith: ['text/plain'],
    async handle({ response }) {
      response.type(registry.contentType).send(await registry.metrics());
      return null;
    },
  });
