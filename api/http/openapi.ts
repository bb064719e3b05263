import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { attachment } from '../../domain/attachments/attachment.js';
import { clientFrame, viewerFrame } from '../../domain/log/frames.js';
import * as agents from '../agents/resources.js';
import * as chats from '../chats/resources.js';
import * as documents from '../documents/resources.js';
import * as narrative from '../narrative/resources.js';
import * as timeline from '../timeline/resources.js';
import * as turns from '../turns/resources.js';
import * as webhooks from '../webhooks/resources.js';
import { type ProblemCode, problems } from './problem.js';
import { type Route, tags } from './route.js';
import * as common from './schemas.js';

/** The resources of each folder. */
const resources = [chats, turns, timeline, documents, agents, webhooks, common, narrative];

/** All schemas of resources, and the frames of the live socket. The client's types are generated from them too. */
const named = [...resources.flatMap((folder) => Object.values<unknown>(folder)), attachment, viewerFrame, clientFrame]
  .filter((schema) => schema instanceof z.ZodType)
  .map((schema) => ({ type: 'schema', schema }) as const);

type Responses = RouteConfig['responses'];

/** Refusals that any call under /v1 may answer with. */
const anyCall: ProblemCode[] = [
  'headers_too_large',
  'request_timeout',
  'unauthorized',
  'token_expired',
  'insufficient_scope',
  'rate_limited',
  'internal',
  'database_unavailable',
  'auth_unavailable',
];

/** The OpenAPI 3.1 document, generated from the routes and their schemas. */
export function openApiDocument(routes: Route[]) {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key, a token of the users of AUTH_JWKS_URL or AUTH_JWT_SECRET, or a token of `POST /v1/tokens`. Required when the service runs with API_KEYS, API_KEYS_FILE or AUTH_…',
  });
  registry.registerComponent('securitySchemes', 'token', {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description:
      'A token of `POST /v1/tokens`, never a key, where a browser can send no header: event streams (`EventSource`) and the live socket',
  });
  for (const route of routes) registry.registerPath(describe(route));
  if (routes.length > 0) registry.registerPath(liveSocket);
  if (routes.length > 0) registry.registerWebhook(delivery);
  const document = new OpenApiGeneratorV31([...registry.definitions, ...named]).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'durable-turns',
      version: '1',
      description:
        "Chat turns that can't be lost. Errors are RFC 9457; the viewers' socket is `/v1/chats/{chatId}/live`.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  });
  return withDiscriminator(document);
}

/** The live socket. OpenAPI has no sockets: the upgrade is described as a call that answers with frames. */
const liveSocket: RouteConfig = {
  method: 'get',
  path: '/v1/chats/{chatId}/live',
  operationId: 'followChat',
  summary: 'Follow a chat over a WebSocket',
  description:
    'Subprotocols: `durable-turns.v1`, and `bearer.KEY` where there are keys; a token of `POST /v1/tokens` may be `?token=` instead. The service sends `ViewerFrame`, and takes `ClientFrame`. Close codes: 4400 the cursor is no seq of the chat, 4401 no key, a wrong one, or one that has ended since, 4404 no such chat, 1012 the service restarts, 1013 too slow or too busy. See docs/protocol.md.',
  tags: ['Log'],
  security: [{ key: [] }, { token: [] }, {}],
  request: {
    params: z.object({ chatId: z.string() }),
    query: z.object({
      after: z.number().int().nonnegative().optional().meta({ description: 'seq of the last event that is known' }),
    }),
  },
  responses: {
    101: { description: 'The connection is a WebSocket now', content: { 'application/json': { schema: viewerFrame } } },
    ...byStatus(['foreign_origin', 'not_found', ...anyCall]),
  },
};

/** What the service sends to a webhook. */
const delivery: RouteConfig = {
  method: 'post',
  path: 'event',
  operationId: 'receiveEvent',
  summary: 'An event of a chat whose kind a webhook asks for',
  description:
    'Sent at least once, in no promised order; `event.seq` orders the events of a chat. Any 2xx ends the delivery; 410 deletes the webhook; every other answer, and none within 10 s, is retried after 1 s, 2 s, 4 s up to an hour, for a day. Redirects are not followed.',
  tags: ['Webhooks'],
  security: [],
  request: {
    headers: z.object({
      'X-Webhook-Id': z.string().meta({ description: 'the id of the delivery, the same at each attempt' }),
      'X-Webhook-Attempt': z.string().meta({ description: 'the attempt, from 1' }),
      'X-Signature': z.string().meta({
        description:
          '`t=T,v1=HMAC-SHA256(secret, T + "." + body)` in hex; T is the time of the attempt in Unix seconds',
      }),
    }),
    body: { required: true, content: { 'application/json': { schema: webhooks.webhookDelivery } } },
  },
  responses: {
    200: { description: 'Received; any 2xx will do' },
    410: { description: 'The webhook is no longer wanted: it is deleted' },
  },
};

/** Adds the discriminator of frames, which the generator writes only for unions of plain objects. */
function withDiscriminator<T extends ReturnType<OpenApiGeneratorV31['generateDocument']>>(document: T): T {
  const frame = document.components?.schemas?.ViewerFrame as { anyOf?: { $ref: string }[] } | undefined;
  const refs = frame?.anyOf?.map(({ $ref }) => $ref) ?? [];
  const typeOf = (ref: string) => ref.replace(/^.*\/(\w+)Frame$/, '$1').toLowerCase();
  const mapping = Object.fromEntries(refs.map((ref) => [typeOf(ref), ref]));
  if (frame) Object.assign(frame, { discriminator: { propertyName: 'type', mapping } });
  return document;
}

function describe(route: Route): RouteConfig {
  const keyed = route.path.startsWith('/v1');
  const params = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, z.string()] as const);
  return {
    method: route.method,
    path: route.path.replace(/:(\w+)/g, '{$1}'),
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    tags: [route.tag],
    operationId: route.operation,
    security: keyed || route.keyed ? [{ key: [] }, ...(isEventStream(route) ? [{ token: [] }] : []), {}] : [],
    request: {
      ...(params.length > 0 ? { params: z.object(Object.fromEntries(params)) } : {}),
      ...(route.query ? { query: queryObject(route.query) } : {}),
      ...(route.headers ? { headers: route.headers } : {}),
      ...(route.bytes ? { body: { required: true, content: { '*/*': { schema: bytes } } } } : {}),
      ...(route.body ? { body: { required: true, content: { 'application/json': { schema: route.body } } } } : {}),
    },
    responses: withRateHeaders(route, { ...answers(route), ...refusals(route, keyed) }),
  };
}

/** What an `EventSource` can follow. */
const isEventStream = ({ method, streams }: Route) => method === 'get' && streams === true;

const bytes = z.string().meta({ contentEncoding: 'binary', description: 'the bytes' });

/** The object of a query's schema, which may end in a transform. */
function queryObject(query: z.ZodType): z.ZodObject {
  return (query instanceof z.ZodPipe ? query.in : query) as z.ZodObject;
}

const rateHeaders = {
  RateLimit: {
    description: 'How many requests are left, and in how many seconds there are more again',
    schema: { type: 'string' as const, examples: ['"default";r=5999;t=30'] },
  },
  'RateLimit-Policy': {
    description: 'How many requests an owner may make in how many seconds',
    schema: { type: 'string' as const, examples: ['"default";q=6000;w=60'] },
  },
};

/** Requests under /v1 are limited. These answers belong to no owner, whose requests would be counted. */
const unlimited = new Set(['401', '408', '431']);

function withRateHeaders({ path }: Route, responses: Responses): Responses {
  if (!path.startsWith('/v1/')) return responses;
  const entries = Object.entries(responses).filter(([status]) => !unlimited.has(status));
  return {
    ...responses,
    ...Object.fromEntries(entries.map(([status, response]) => [status, { ...response, headers: rateHeaders }])),
  };
}

function answers(route: Route): Responses {
  const entries = Object.entries(route.answers).map(([status, schema]) => {
    const content = {
      ...Object.fromEntries((route.answersWith ?? []).map((type) => [type, { schema: bytes }])),
      ...(schema ? { 'application/json': { schema } } : {}),
      ...(route.streams && status === '200' ? { 'text/event-stream': { schema: viewerFrame } } : {}),
    };
    return [status, { description: route.summary, ...(Object.keys(content).length > 0 ? { content } : {}) }];
  });
  return Object.fromEntries(entries);
}

/** The refusals of a call, by their status. */
function refusals(route: Route, keyed: boolean): Responses {
  const takesBody = route.method !== 'get' && route.method !== 'delete';
  const codes: ProblemCode[] = [
    ...(route.problems ?? []),
    ...(route.path.includes(':') ? (['invalid_path'] as const) : []),
    // Of a turn whose chat is deleted at the same time.
    ...(route.path.includes(':turnId') ? (['chat_not_found'] as const) : []),
    ...(route.query ? (['invalid_query'] as const) : []),
    ...(takesBody ? (['invalid_request'] as const) : []),
    ...(takesBody && !route.bytes
      ? (['invalid_json', 'invalid_body', 'body_too_large', 'unsupported_media_type'] as const)
      : []),
    ...(keyed && route.method !== 'get' ? (['foreign_origin'] as const) : []),
    ...(keyed || route.keyed ? anyCall : []),
  ];
  return byStatus([...new Set(codes)]);
}

/** One response for each status of the codes. */
function byStatus(codes: ProblemCode[]): Responses {
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort((a, b) => a - b);
  const entries = statuses.map((status) => {
    return [status, refusal(codes.filter((code) => problems[code].status === status))];
  });
  return Object.fromEntries(entries);
}

/** The response of a refusal with one of these codes. */
function refusal(codes: ProblemCode[]): Responses[string] {
  const schema = z.intersection(common.problem, z.object({ code: z.enum(codes) }));
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: { 'application/problem+json': { schema } },
  };
}
