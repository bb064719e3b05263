import cors from 'cors';
import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Auth } from './auth.js';
import { maxBodyBytes } from './input.js';
import { Problem } from './problem.js';

/**
 * What is served loads its own scripts and styles, and nothing inline; the viewer page's policy is stricter still, see
 * pages.ts. The service itself speaks plain HTTP.
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

/** Web pages of other sites may neither read nor act, unless their origin is allowed by configuration. */
export function originGuard(auth: Auth, allowedOrigins: string[]): RequestHandler[] {
  return [
    (request, _response, next) => {
      auth.checkHost(request.headers);
      next();
    },
    cors({
      origin: allowedOrigins.length > 0 ? allowedOrigins : false,
      exposedHeaders: ['Location', 'Retry-After', 'X-Request-Id', 'Preference-Applied'],
      maxAge: 600,
    }),
    (request, _response, next) => {
      const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
      if (!reads && !auth.originAllowed(request.headers)) throw new Problem('foreign_origin');
      next();
    },
  ];
}

/** Who asks, and how often. Wrong keys are counted by address, so that they can't be tried without end. */
export function ownerGuard(auth: Auth, requestsPerMinute: number): RequestHandler {
  const byOwner = new RateLimiterMemory({ points: requestsPerMinute, duration: 60 });
  const byAddress = new RateLimiterMemory({ points: Math.min(requestsPerMinute, 120), duration: 60 });
  return async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    try {
      const caller = auth.callerOf(request.headers);
      response.locals.owner = caller.owner;
      response.locals.level = caller.level;
    } catch (refusal) {
      await consume(byAddress, request.socket.remoteAddress ?? 'unknown');
      throw refusal;
    }
    await consume(byOwner, response.locals.owner);
    next();
  };
}

async function consume(limiter: RateLimiterMemory, who: string): Promise<void> {
  try {
    await limiter.consume(who);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
    throw new Problem('rate_limited', `Try again in ${seconds} s`, { 'Retry-After': String(seconds) });
  }
}

/** Bodies are JSON, of bounded size. An absent one is left `undefined`. */
export function bodies(): RequestHandler[] {
  return [requireJson, json({ limit: maxBodyBytes, strict: false, type: () => true })];
}

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && Number(length) > 0);
  const ignored = request.method === 'GET' || request.method === 'HEAD' || request.method === 'DELETE';
  if (hasBody && !ignored && !request.is(['application/json', 'application/*+json'])) {
    throw new Problem('unsupported_media_type');
  }
  next();
}
