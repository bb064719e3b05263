import type { Request, Response } from 'express';
import { requestHash } from '../../turns/requestHash.js';

/** How a request is found again: clients of OpenAI's APIs repeat requests without a key, and say that they do. */
export type RetriedRequest = { owner: string; mount: string; hash: string; repeats: boolean };

/** `names`: what says, beside path and body, which request it is. */
export const retriedRequest = (
  request: Request,
  response: Response,
  { mount, names = [] }: { mount: string; names?: readonly (string | null)[] },
): RetriedRequest => ({
  owner: String(response.locals.owner),
  mount,
  hash: requestHash([request.path, ...names, request.body]),
  repeats: Number(request.headers['x-stainless-retry-count'] ?? 0) > 0,
});
