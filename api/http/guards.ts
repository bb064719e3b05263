import cors from 'cors';
import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { bytesHaveMoreTokens, bytesNestDeeper } from '../../domain/text/boundedJson.js';
import { isAccessToken } from '../auth/accessTokens.js';
import type { Caller } from '../auth/caller.js';
import { addressOf, type RateLimit } from '../limits/rateLimit.js';
import { isEventSource } from '../limits/temporaryRefusal.js';
import { type Auth, bearerOf } from './auth.js';
import { takesBytes } from './byteBodies.js';
import { maxBodyBytes, maxBodyDepth, maxBodyTokens, tooDeep, tooManyTokens } from './input.js';
import { Problem } from './problem.js';
import type { Route } from './route.js';

/**
 * Security headers: pages load their own scripts and styles, and nothing inline. The viewer page has a stricter policy,
 * see pages.ts. No HSTS, because the service speaks plain HTTP.
 */
export const secureHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });

/** Headers of answers that a page of an allowed origin may read: those of this api, and of the clients of other protocols. */
const exposedHeaders = [
  'Location',
  'ETag',
  'Content-Disposition',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
  'Preference-Applied',
  'X-Chat-Id',
  'X-Turn-Id',
  'x-workflow-run-id',
  'x-should-retry',
  'x-vercel-ai-ui-message-stream',
];

/** Refuses web pages of other sites, unless the configuration allows their origin. */
export function originGuard(auth: Auth, allowedOrigins: string[]): RequestHandler[] {
  return [
    (request, _response, next) => {
      auth.checkHost(request.headers);
      next();
    },
    cors({
      origin: allowedOrigins.length > 0 ? allowedOrigins : false,
      exposedHeaders,
      maxAge: 600,
    }),
    (request, _response, next) => {
      const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
      if (!reads && !auth.originAllowed(request.headers)) throw new Problem('foreign_origin');
      next();
    },
  ];
}

/**
 * Authenticates a request: sets `locals.caller`, and of it `owner`, `level` and `stopsOnClose`. Throws `unauthorized`,
 * `token_expired` or `auth_unavailable`. An answer that is not complete when the credential ends is cut.
 */
export function keyGuard(auth: Auth, wrongKeys: RateLimit): RequestHandler {
  return async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    try {
      const caller = await auth.authenticate(bearerOf(request.headers) ?? tokenOfEventSource(request));
      const { owner, level, stopsOnClose } = caller;
      Object.assign(response.locals, { caller, owner, level, stopsOnClose });
      cutAtEnd(auth, caller, response);
    } catch (refusal) {
      // A token that has expired was not guessed.
      if (refusal instanceof Problem && refusal.code === 'unauthorized') await wrongKeys(addressOf(request));
      throw refusal;
    }
    next();
  };
}

/** Each limit and each measurement of a stream listens for its close: together more than the ten that Node expects. */
const maxCloseListeners = 20;

function cutAtEnd(auth: Auth, caller: Caller, response: Response): void {
  const stop = auth.follow(caller, () => response.destroy());
  if (response.destroyed) return void stop();
  response.setMaxListeners(maxCloseListeners);
  response.once('close', stop);
}

/** An `EventSource` can't send headers, so that its token is in the URL. Keys are not taken from there. */
function tokenOfEventSource(request: Request): string | undefined {
  const { token } = request.query;
  return isEventSource(request) && typeof token === 'string' && isAccessToken(token) ? token : undefined;
}

/** Limits the requests of an owner, and says on each answer how many are left. Throws `rate_limited`. */
export function ownerLimit(limit: RateLimit): RequestHandler {
  return async (_request, response, next) => {
    response.set(await limit(response.locals.owner));
    next();
  };
}

/**
 * Parses bodies: JSON of limited size and with a limited number of tokens. Without a body it is `undefined`. Routes that
 * take bytes read them themselves.
 */
export function bodies(routes: readonly Route[]): RequestHandler[] {
  const isBytes = takesBytes(routes);
  const unlessOther =
    (handle: RequestHandler): RequestHandler =>
    (request, response, next) =>
      bodiless.has(request.method) || isBytes(request) ? next() : handle(request, response, next);
  const verify = requireTokens(maxBodyTokens);
  return [requireJson, json({ limit: maxBodyBytes, strict: false, type: () => true, verify })].map(unlessOther);
}

/** A body of these means nothing (RFC 9110, 9.3). It is not read. */
const bodiless = new Set(['GET', 'HEAD', 'DELETE']);

/** Runs before the parser, which takes 0.25 s for 1 MiB of brackets. The error's `type` says which problem it is. */
export const requireTokens = (max: number) => (_request: unknown, _response: unknown, body: Buffer) => {
  if (bytesHaveMoreTokens(body, max)) {
    throw Object.assign(new Error('too many JSON tokens'), { type: tooManyTokens });
  }
  if (bytesNestDeeper(body, maxBodyDepth)) throw Object.assign(new Error('JSON of too many levels'), { type: tooDeep });
};

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && Number(length) > 0);
  if (hasBody && !request.is(['application/json', 'application/*+json'])) {
    throw new Problem('unsupported_media_type');
  }
  if (hasBody && !isUtf8(request.headers['content-type'] ?? '')) throw new Problem('unsupported_media_type');
  next();
}

/** Whether the type names no charset or UTF-8. Other charsets could hide content from a proxy that filters. */
function isUtf8(contentType: string): boolean {
  const named = [...contentType.matchAll(/;\s*charset\s*=\s*("?)([^\s";]*)\1/gi)].map(([, , charset]) => charset!);
  return named.every((charset) => /^utf-8$/i.test(charset));
}
