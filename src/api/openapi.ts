import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { clientFrame, viewerFrame } from '../domain/frames.js';
import { type ProblemCode, problems } from './problem.js';
import type { Route } from './route.js';
import * as resources from './schemas.js';

/** Every resource, and what goes over the live socket, which no call answers with. */
const named = [...Object.values(resources), viewerFrame, clientFrame]
  .filter((schema) => schema instanceof z.ZodType)
  .map((schema) => ({ type: 'schema', schema }) as const);

type Responses = RouteConfig['responses'];

/** Refusals that any call under /v1 may answer with. */
const common: ProblemCode[] = ['unauthorized', 'rate_limited', 'internal', 'database_unavailable'];

/** The OpenAPI 3.1 document, made from the table of calls and the schemas that check them. */
export function openApiDocument(routes: Route[]) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'Asked for when the service runs with API_KEYS',
  });
  for (const route of routes) registry.registerPath(describe(route));
  return new OpenApiGeneratorV31([...registry.definitions, ...named]).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'durable-turns',
      version: '1',
      description:
        "Chat turns that can't be lost. Errors are RFC 9457; the viewers' socket is `/v1/chats/{chatId}/live`.",
    },
    servers: [{ url: '/' }],
  });
}

function describe(route: Route): RouteConfig {
  const keyed = route.path.startsWith('/v1');
  const params = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, z.string()] as const);
  return {
    method: route.method,
    path: route.path.replace(/:(\w+)/g, '{$1}'),
    summary: route.summary,
    tags: [route.tag],
    operationId: operationId(route),
    ...(keyed || route.keyed ? { security: [{ key: [] }, {}] } : {}),
    request: {
      ...(params.length > 0 ? { params: z.object(Object.fromEntries(params)) } : {}),
      ...(route.query ? { query: queryObject(route.query) } : {}),
      ...(route.headers ? { headers: route.headers } : {}),
      ...(route.body ? { body: { required: true, content: { 'application/json': { schema: route.body } } } } : {}),
    },
    responses: { ...answers(route), ...refusals(route, keyed) },
  };
}

const operationId = (route: Route) =>
  [route.method, ...route.path.split('/').filter((part) => part && part !== 'v1')]
    .map((part) => part.replace(/^:/, 'by-'))
    .join('-');

/** A query's schema may end in a transform; its parameters are those of the object that goes in. */
function queryObject(query: z.ZodType): z.ZodObject {
  return (query instanceof z.ZodPipe ? query.in : query) as z.ZodObject;
}

function answers(route: Route): Responses {
  const entries = Object.entries(route.answers).map(([status, schema]) => {
    const content = {
      ...(schema ? { 'application/json': { schema } } : {}),
      ...(route.streams && status === '200' ? { 'text/event-stream': { schema: z.string() } } : {}),
    };
    return [status, { description: route.summary, ...(Object.keys(content).length > 0 ? { content } : {}) }];
  });
  return Object.fromEntries(entries);
}

/** One response a status, naming the codes that it may carry. */
function refusals(route: Route, keyed: boolean): Responses {
  const takesBody = route.method !== 'get' && route.method !== 'delete';
  const codes: ProblemCode[] = [
    ...(route.problems ?? []),
    ...(route.query ? (['invalid_query'] as const) : []),
    ...(takesBody ? (['invalid_json', 'invalid_body', 'body_too_large', 'unsupported_media_type'] as const) : []),
    ...(keyed && route.method !== 'get' ? (['foreign_origin'] as const) : []),
    ...(keyed ? common : []),
  ];
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort((a, b) => a - b);
  const entries = statuses.map((status) => {
    const said = codes.filter((code) => problems[code].status === status).map((code) => `\`${code}\``);
    return [
      status,
      { description: said.join(', '), content: { 'application/problem+json': { schema: resources.problem } } },
    ];
  });
  return Object.fromEntries(entries);
}
